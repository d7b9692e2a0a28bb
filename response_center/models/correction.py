"""Corrections of a person's or a dose's data: asked for, checked, decided by a second person."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from response_center.models.case import Case, RejectionReason
from sites.models import Dose
from vaxplatform.crypto import SealedTextField
from vaxplatform.rows import row_name


class CorrectionStatus(models.TextChoices):
    """See docs/states.md for who moves a correction from one to the next."""

    ASKED = "asked", _("Asked for by the person")
    PROPOSED = "proposed", _("Checked, waits for a second person")
    APPLIED = "applied", _("Done")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class CorrectedField(models.TextChoices):
    """What can be corrected. Those of the person need a second person; see rules."""

    FULL_NAME = "full_name", _("Full name")
    DATE_OF_BIRTH = "date_of_birth", _("Date of birth")
    SEX = "sex", _("Sex")
    ID_NUMBER = "id_number", _("Number of the identity paper")
    INSURANCE_NUMBER = "insurance_number", _("Number of the health insurance card")
    PHONE = "phone", _("Phone")
    ADDRESS = "address", _("Address")
    VACCINE = "vaccine", _("Vaccine")
    LOT_NUMBER = "lot_number", _("Lot number")
    ADMINISTERED_ON = "administered_on", _("Day of the shot")
    DOSE_NUMBER = "dose_number", _("Dose number")
    DOSE_KIND = "dose_kind", _("Kind of dose")
    DOSE_OWNER = "dose_owner", _("Whose dose it is")


LIVE_CORRECTION = (CorrectionStatus.ASKED, CorrectionStatus.PROPOSED)


class Correction(models.Model):
    """One change to a record, field by field in its lines, within a case.

    `dose` is the dose that the lines about a dose change. `needs_second`: an identity field is
    among them, or the certificate is out already. Lines never change; the correction moves.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="corrections"
    )
    citizen = models.ForeignKey(
        Citizen,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    dose = models.ForeignKey(
        Dose,
        verbose_name=_("dose"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    status = models.CharField(
        _("status"), max_length=9, choices=CorrectionStatus, default=CorrectionStatus.ASKED
    )
    needs_second = models.BooleanField(_("needs a second person"), default=False)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposed_at = models.DateTimeField(_("proposed at"), null=True, blank=True)
    grounds = models.CharField(
        _("on what grounds"), max_length=300, blank=True, help_text=_("What the evidence shows.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    refusal_reason = models.CharField(
        _("reason for refusing"), max_length=20, choices=RejectionReason, blank=True
    )

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_live_correction_per_case",
                fields=["case"],
                condition=Q(status__in=LIVE_CORRECTION),
            ),
            models.CheckConstraint(
                name="a_correction_that_needs_two_is_decided_by_another",
                condition=~Q(status=CorrectionStatus.APPLIED)
                | Q(needs_second=False)
                | (Q(proposed_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
            ),
            models.CheckConstraint(
                name="a_decided_correction_says_who_and_when",
                condition=~Q(status__in=["applied", "refused"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_refused_correction_names_its_reason",
                condition=~Q(status=CorrectionStatus.REFUSED) | ~Q(refusal_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["proposed_at"],
                name="correction_to_decide",
                condition=Q(status=CorrectionStatus.PROPOSED),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class CorrectionLine(models.Model):
    """One field: what stood on record when the correction was made, and what is right.

    Values as texts (dates ISO, codes of choices), sealed: numbers of papers are among them.
    """

    correction = models.ForeignKey(
        Correction, verbose_name=_("correction"), on_delete=models.CASCADE, related_name="lines"
    )
    field = models.CharField(_("field"), max_length=16, choices=CorrectedField)
    old = SealedTextField(_("on record"))
    new = SealedTextField(_("right"))

    class Meta:
        verbose_name = _("line of a correction")
        verbose_name_plural = _("lines of corrections")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="a_field_stands_once_in_a_correction", fields=["correction", "field"]
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
