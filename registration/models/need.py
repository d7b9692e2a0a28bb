"""The need for a shot: who, which dose, in which group, wanted when."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.account import Account
from registration.models.citizen import Citizen, Sex
from registration.models.place import AdministrativeUnit
from vaxplatform.rows import row_name


class PriorityGroup(models.Model):
    """One of the groups of Decision 3355/QĐ-BYT, in force from `valid_from`."""

    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)
    citation = models.CharField(_("citation"), max_length=200)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("priority group")
        verbose_name_plural = _("priority groups")
        ordering = ["number"]

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return f"{self.number}. {self.name_en if get_language() == 'en' else self.name_vi}"


class HalfDay(models.TextChoices):
    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")


class DoseKind(models.TextChoices):
    """What a dose is for, apart from its ordinal (docs: DOMAIN, Vaccines and rules)."""

    PRIMARY = "primary", _("Primary series")
    ADDITIONAL = "additional", _("Additional dose")
    BOOSTER = "booster", _("Booster")


class RegistrationStatus(models.TextChoices):
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    SCHEDULED = "scheduled", _("Scheduled")
    CHECKED_IN = "checked_in", _("Checked in")
    VACCINATED = "vaccinated", _("Vaccinated")
    CANCELLED = "cancelled", _("Cancelled")
    DEFERRED = "deferred", _("Deferred")
    REFUSED = "refused", _("Refused")


LIVE_REGISTRATION = (
    RegistrationStatus.SUBMITTED,
    RegistrationStatus.APPROVED,
    RegistrationStatus.SCHEDULED,
    RegistrationStatus.CHECKED_IN,
)


class GuardianRelation(models.TextChoices):
    """Who agrees for a person under 18."""

    PARENT = "parent", _("Father or mother")
    GUARDIAN = "guardian", _("Legal guardian")


class ShotRegistration(models.Model):
    """A wish to be vaccinated; an appointment (in `sites`) joins it to a session.

    `wanted_place`: the province, district or ward where the person would like to be vaccinated;
    null where she lives. `guardian_*`: who agreed for a person under 18, else empty.
    """

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    code = models.CharField(_("registration code"), max_length=12, unique=True)
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.PROTECT, related_name="registrations"
    )
    registered_by = models.ForeignKey(
        Account,
        verbose_name=_("registered by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="registrations",
    )
    dose_number = models.PositiveSmallIntegerField(_("dose number"))
    dose_kind = models.CharField(
        _("dose kind"), max_length=10, choices=DoseKind, default=DoseKind.PRIMARY
    )
    group = models.ForeignKey(
        PriorityGroup, verbose_name=_("priority group"), on_delete=models.PROTECT
    )
    wanted_on = models.DateField(_("wanted date"))
    wanted_half = models.CharField(_("time of day"), max_length=9, choices=HalfDay)
    wanted_place = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("wanted place"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    guardian_name = models.CharField(
        _("guardian"), max_length=100, blank=True, default="", db_default=""
    )
    guardian_phone = models.CharField(
        _("phone of the guardian"), max_length=16, blank=True, default="", db_default=""
    )
    guardian_relation = models.CharField(
        _("relation of the guardian"),
        max_length=8,
        choices=GuardianRelation,
        blank=True,
        default="",
        db_default="",
    )
    medical_history = models.JSONField(
        _("medical history"), default=dict, help_text=_("question code → yes, no or unknown")
    )
    consented_at = models.DateTimeField(_("consented at"))
    status = models.CharField(
        _("status"), max_length=10, choices=RegistrationStatus, default=RegistrationStatus.SUBMITTED
    )
    status_reason = models.CharField(_("status reason"), max_length=200, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), default=timezone.now)

    class Meta:
        verbose_name = _("shot registration")
        verbose_name_plural = _("shot registrations")
        constraints = [
            models.UniqueConstraint(
                name="one_live_registration_per_citizen",
                fields=["citizen"],
                condition=Q(status__in=LIVE_REGISTRATION),
            ),
            models.CheckConstraint(
                name="a_registration_is_for_dose_one_to_nine",
                condition=Q(dose_number__range=(1, 9)),
            ),
            models.CheckConstraint(
                name="a_registration_that_ended_early_has_a_reason",
                condition=~Q(status__in=["deferred", "refused"]) | ~Q(status_reason=""),
            ),
            models.CheckConstraint(
                name="a_guardian_has_a_name_and_a_relation",
                condition=Q(guardian_name="", guardian_phone="", guardian_relation="")
                | (~Q(guardian_name="") & ~Q(guardian_relation="")),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CheckInCode(models.Model):
    """An opaque code in a citizen's QR, looked up at the site; says nothing by itself."""

    code = models.CharField(max_length=26, unique=True)
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="check_in_codes")
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("check-in code")
        verbose_name_plural = _("check-in codes")

    def __str__(self) -> str:
        return row_name(self, self.pk)


class MedicalHistoryQuestion(models.Model):
    """A question of the registration form, answered yes, no or unknown."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("place in the list"))
    question_vi = models.CharField(_("question in Vietnamese"), max_length=200)
    question_en = models.CharField(_("question in English"), max_length=200)
    asked_of = models.CharField(
        _("asked of"), max_length=6, choices=Sex, blank=True, help_text=_("empty: of everybody")
    )

    class Meta:
        verbose_name = _("medical history question")
        verbose_name_plural = _("medical history questions")
        ordering = ["position"]

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.question_en if get_language() == "en" else self.question_vi
