"""The dose: what everything else is about."""

import datetime
import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit, Citizen, DoseKind
from sites.models.session import Session
from sites.models.site import ApiClient, Site
from sites.models.stock import Lot
from sites.models.vaccine import Vaccine
from sites.models.visit import Visit
from vaxplatform.rows import row_name

# How far ahead of ours a recording system's clock may be before its dose counts as "future".
CLOCK_TOLERANCE = datetime.timedelta(minutes=5)


class DoseStatus(models.TextChoices):
    RECORDED = "recorded", _("Recorded")
    VOIDED = "voided", _("Voided")


class DoseSource(models.TextChoices):
    """How the dose reached us: while the person was there, or later from paper."""

    LIVE = "live", _("Recorded at once")
    PAPER = "paper", _("Entered from paper")


@pghistory.track(level=pghistory.Statement)
class Dose(models.Model):
    """One injection given to one citizen. Never deleted: voided, with a reason.

    `administered_at` is when it happened, `recorded_at` when we learnt of it.
    `residence_province` is the citizen's province on that day. `lot` is the site's stock row.
    Each index costs every dose some time: those below are the ones that are read.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.PROTECT, related_name="doses"
    )
    dose_number = models.PositiveSmallIntegerField(_("dose number"))
    dose_kind = models.CharField(_("kind of dose"), max_length=10, choices=DoseKind)
    vaccine = models.ForeignKey(
        Vaccine,
        verbose_name=_("vaccine"),
        on_delete=models.PROTECT,
        related_name="doses",
        db_index=False,
    )
    lot = models.ForeignKey(
        Lot,
        verbose_name=_("lot"),
        on_delete=models.PROTECT,
        related_name="doses",
        db_index=False,
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        on_delete=models.PROTECT,
        related_name="doses",
        db_index=False,
    )
    residence_province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("residence province"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    session = models.ForeignKey(
        Session,
        verbose_name=_("session"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="doses",
        db_index=False,
    )
    visit = models.ForeignKey(
        Visit,
        verbose_name=_("visit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="doses",
        db_index=False,
    )
    administered_at = models.DateTimeField(_("administered at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    vaccinator = models.CharField(_("vaccinator"), max_length=100)
    source = models.CharField(_("source"), max_length=5, choices=DoseSource)
    status = models.CharField(
        _("status"), max_length=8, choices=DoseStatus, default=DoseStatus.RECORDED
    )
    void_reason = models.CharField(_("reason for voiding"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recorded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    api_client = models.ForeignKey(
        ApiClient,
        verbose_name=_("system"),
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
    )
    idempotency_key = models.UUIDField(_("request number"), unique=True)
    request_digest = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("dose")
        verbose_name_plural = _("doses")
        constraints = [
            models.UniqueConstraint(
                name="one_recorded_dose_per_citizen_and_number",
                fields=["citizen", "dose_number"],
                condition=Q(status=DoseStatus.RECORDED),
            ),
            models.UniqueConstraint(
                name="one_recorded_dose_per_visit",
                fields=["visit"],
                condition=Q(status=DoseStatus.RECORDED),
            ),
            models.CheckConstraint(
                name="a_dose_number_is_one_to_nine", condition=Q(dose_number__range=(1, 9))
            ),
            models.CheckConstraint(
                name="a_dose_is_recorded_after_it_was_given",
                condition=Q(recorded_at__gte=F("administered_at") - CLOCK_TOLERANCE),
            ),
            models.CheckConstraint(
                name="a_voided_dose_has_a_reason",
                condition=~Q(status=DoseStatus.VOIDED) | ~Q(void_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["lot"], name="dose_by_lot"),
            models.Index(fields=["site", "administered_at"], name="dose_by_site_and_time"),
            models.Index(fields=["recorded_at"], name="dose_by_recorded_at"),
            *(
                models.Index(
                    fields=[field],
                    name=f"dose_by_{field}",
                    condition=Q(**{f"{field}__isnull": False}),
                )
                for field in ("session", "visit", "recorded_by", "api_client")
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)
