"""The round trip to the population database: lists that go out, answers that come back."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.citizen import Citizen, IdentityCheck
from registration.models.place import AdministrativeUnit
from vaxplatform.rows import row_name


class MismatchedField(models.TextChoices):
    """What does not agree with the population database."""

    FULL_NAME = "full_name", _("Full name")
    DATE_OF_BIRTH = "date_of_birth", _("Date of birth")
    SEX = "sex", _("Sex")
    ID_NUMBER = "id_number", _("Number of the identity paper")
    ADDRESS = "address", _("Address")


class IdentityCheckList(models.Model):
    """A list of people that was exported to be checked; `rows` people of one province or all."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("province"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    rows = models.PositiveIntegerField(_("people"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    answered_at = models.DateTimeField(_("answers read at"), null=True, blank=True)
    answers = models.JSONField(_("answers by result"), default=dict, editable=False)

    class Meta:
        verbose_name = _("list for the identity check")
        verbose_name_plural = _("lists for the identity check")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class IdentityCheckRow(models.Model):
    """A person on a list, and what came back. `mismatched`: MismatchedField values. `seen`: a keyed
    digest of what was sent; an answer about other details than today's is stale."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    check_list = models.ForeignKey(
        IdentityCheckList,
        verbose_name=_("list"),
        on_delete=models.PROTECT,
        related_name="people",
    )
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.CASCADE, related_name="identity_checks"
    )
    seen = models.BinaryField(max_length=32, editable=False)
    result = models.CharField(_("result"), max_length=12, choices=IdentityCheck, blank=True)
    mismatched = models.JSONField(_("what does not agree"), default=list)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("identity check of a person")
        verbose_name_plural = _("identity checks of people")
        constraints = [
            models.UniqueConstraint(
                name="a_person_stands_once_on_a_list", fields=["check_list", "citizen"]
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)
