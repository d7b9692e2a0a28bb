"""Lots at a site and the ledger of what came in and what was wasted."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites.models.site import Site
from sites.models.vaccine import Vaccine
from vaxplatform.rows import row_name


@pghistory.track()
class Lot(models.Model):
    """The doses of one manufacturer's lot that one site holds.

    `doses_used` counts the recorded doses that name this row; `doses_received` and
    `doses_wasted` are the sums of its stock movements (checked by `check_invariants`).
    """

    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="lots"
    )
    vaccine = models.ForeignKey(
        Vaccine, verbose_name=_("vaccine"), on_delete=models.PROTECT, related_name="lots"
    )
    number = models.CharField(_("lot number"), max_length=30)
    expires_on = models.DateField(_("expires on"))
    doses_received = models.PositiveIntegerField(_("doses received"), default=0)
    doses_used = models.PositiveIntegerField(_("doses used"), default=0)
    doses_wasted = models.PositiveIntegerField(_("doses wasted"), default=0)
    recalled_at = models.DateTimeField(_("recalled at"), null=True, blank=True)
    recall_reason = models.CharField(_("recall reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ["expires_on"]
        constraints = [
            models.UniqueConstraint(
                name="a_lot_stands_once_at_a_site", fields=["site", "vaccine", "number"]
            ),
            models.CheckConstraint(
                name="stock_is_never_negative",
                condition=Q(doses_received__gte=F("doses_used") + F("doses_wasted")),
            ),
        ]
        indexes = [models.Index(fields=["vaccine", "number"], name="lot_by_vaccine_and_number")]

    def __str__(self) -> str:
        return f"{self.vaccine} {self.number}"

    @property
    def doses_left(self) -> int:
        return self.doses_received - self.doses_used - self.doses_wasted


class MovementKind(models.TextChoices):
    RECEIVED = "received", _("Received")
    WASTED = "wasted", _("Wasted")


class StockMovement(models.Model):
    """A receipt or a waste, in doses. Insert only; use is the doses themselves.

    `idempotency_key` names the submission: pressed twice, it moves once.
    """

    lot = models.ForeignKey(
        Lot, verbose_name=_("lot"), on_delete=models.PROTECT, related_name="movements"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=MovementKind)
    doses = models.PositiveIntegerField(_("doses"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("at what time"), default=timezone.now)
    idempotency_key = models.UUIDField(unique=True, null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.CheckConstraint(name="a_movement_moves_doses", condition=Q(doses__gt=0)),
            models.CheckConstraint(
                name="waste_has_a_reason", condition=~Q(kind="wasted") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
