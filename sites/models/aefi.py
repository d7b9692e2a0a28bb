"""Adverse events following immunisation, as a site reports them."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sites.models.dose import Dose
from vaxplatform.rows import row_name


class AnaphylaxisGrade(models.IntegerChoices):
    """Circular 51/2017/TT-BYT."""

    NONE = 0, _("No anaphylaxis")
    I = 1, _("I: skin only")  # noqa: E741
    II = 2, _("II: two or more organs")
    III = 3, _("III: critical")
    IV = 4, _("IV: arrest of circulation or breathing")


class Seriousness(models.TextChoices):
    """WHO: what makes an event serious, apart from how strong it is."""

    NONE = "none", _("Not serious")
    DEATH = "death", _("Death")
    LIFE_THREATENING = "life_threatening", _("Danger to life")
    HOSPITALISED = "hospitalised", _("In hospital, or kept there longer")
    DISABILITY = "disability", _("Lasting disability")
    BIRTH_DEFECT = "birth_defect", _("Birth defect")
    OTHER = "other", _("Medically important for another reason")


class AefiOutcome(models.TextChoices):
    UNKNOWN = "unknown", _("Not known yet")
    RECOVERING = "recovering", _("Recovering")
    RECOVERED = "recovered", _("Recovered")
    SEQUELAE = "sequelae", _("Recovered with lasting effects")
    NOT_RECOVERED = "not_recovered", _("Not recovered")
    DEATH = "death", _("Died")


@pghistory.track(level=pghistory.Statement)
class AefiReport(models.Model):
    """One event after one dose, with WHO's core variables; those of person, vaccine, lot, site and
    day are the dose's. `symptoms`: codes of `sites/data/aefi_symptoms.csv`. A serious event is
    sent on within 24 hours of its notice: `due_at`, `sent_on_at`."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    number = models.CharField(_("report number"), max_length=16, unique=True)
    dose = models.ForeignKey(
        Dose, verbose_name=_("dose"), on_delete=models.PROTECT, related_name="aefi_reports"
    )
    onset_at = models.DateTimeField(_("began at"))
    noticed_at = models.DateTimeField(_("noticed at"))
    symptoms = models.JSONField(_("signs"), default=list)
    description = models.TextField(_("what happened"), max_length=3000, blank=True)
    grade = models.PositiveSmallIntegerField(
        _("grade of anaphylaxis"), choices=AnaphylaxisGrade, default=AnaphylaxisGrade.NONE
    )
    seriousness = models.CharField(
        _("seriousness"), max_length=16, choices=Seriousness, default=Seriousness.NONE
    )
    treatment = models.CharField(_("treatment"), max_length=500, blank=True)
    referred_to = models.CharField(_("taken to"), max_length=160, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=14, choices=AefiOutcome, default=AefiOutcome.UNKNOWN
    )
    outcome_on = models.DateField(_("day of the outcome"), null=True, blank=True)
    medical_history = models.CharField(_("medical history"), max_length=500, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reported by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)
    due_at = models.DateTimeField(_("to be sent on by"), null=True, blank=True)
    sent_on_at = models.DateTimeField(_("sent on at"), null=True, blank=True)
    sent_on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent on by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("adverse event report")
        verbose_name_plural = _("adverse event reports")
        ordering = ["-noticed_at"]
        constraints = [
            models.CheckConstraint(
                name="an_event_is_noticed_when_it_began_or_later",
                condition=Q(noticed_at__gte=F("onset_at")),
            ),
            models.CheckConstraint(
                name="a_serious_event_has_a_time_to_be_sent_on",
                condition=Q(seriousness="none") | Q(due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="an_event_sent_on_says_who_and_when",
                condition=Q(sent_on_at__isnull=True, sent_on_by__isnull=True)
                | Q(sent_on_at__isnull=False, sent_on_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["noticed_at"], name="aefi_by_noticed_at"),
            models.Index(
                fields=["due_at"],
                name="aefi_to_be_sent_on",
                condition=Q(due_at__isnull=False, sent_on_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.number)
