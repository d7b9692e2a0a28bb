"""A citizen's way through a session: checked in, screened, vaccinated, observed, discharged."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen
from sites.models.session import Appointment, Session
from sites.models.vaccine import ScreeningForm, ScreeningOutcome
from vaxplatform.rows import row_name


class VisitStatus(models.TextChoices):
    """See docs/states.md for who moves a visit from one to the next."""

    CHECKED_IN = "checked_in", _("Waiting for screening")
    CLEARED = "cleared", _("Waiting for the shot")
    TURNED_AWAY = "turned_away", _("Not vaccinated today")
    OBSERVED = "observed", _("Under observation")
    DISCHARGED = "discharged", _("Discharged")
    CANCELLED = "cancelled", _("Cancelled")


class Visit(models.Model):
    """One person's presence at one session. `number` is the ticket called out, 1 up a session."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    session = models.ForeignKey(
        Session, verbose_name=_("session"), on_delete=models.PROTECT, related_name="visits"
    )
    citizen = models.ForeignKey(
        Citizen, verbose_name=_("person"), on_delete=models.PROTECT, related_name="visits"
    )
    appointment = models.OneToOneField(
        Appointment,
        verbose_name=_("appointment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="visit",
    )
    number = models.PositiveIntegerField(_("ticket"))
    status = models.CharField(
        _("status"), max_length=11, choices=VisitStatus, default=VisitStatus.CHECKED_IN
    )
    checked_in_at = models.DateTimeField(_("checked in at"), default=timezone.now)
    checked_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("checked in by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    observed_until = models.DateTimeField(_("observed until"), null=True, blank=True)
    discharged_at = models.DateTimeField(_("discharged at"), null=True, blank=True)
    discharged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("discharged by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    one_person_reason = models.CharField(
        _("why one person screened and injected"), max_length=300, blank=True
    )
    end_reason = models.CharField(
        _("why the visit ended early"),
        max_length=300,
        blank=True,
        help_text=_("Cancelled, not vaccinated after all, or gone before the end of observation."),
    )

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(
                name="one_live_visit_per_citizen_and_session",
                fields=["session", "citizen"],
                condition=~Q(status="cancelled"),
            ),
            models.UniqueConstraint(
                name="a_ticket_is_given_once_a_session", fields=["session", "number"]
            ),
            models.CheckConstraint(
                name="a_discharged_visit_says_when",
                condition=~Q(status="discharged") | Q(discharged_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["session", "status"], name="visit_by_session_status")]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class Screening(models.Model):
    """What a doctor asked, measured and decided before the injection.

    `answers`: question code → "yes" | "no" | "unknown"; `vitals`: sign → number (units of the
    form's bounds). `proposal` is the form's, `decision` the doctor's.
    """

    visit = models.OneToOneField(
        Visit, verbose_name=_("visit"), on_delete=models.PROTECT, related_name="screening"
    )
    form = models.ForeignKey(ScreeningForm, verbose_name=_("form"), on_delete=models.PROTECT)
    answers = models.JSONField(_("answers"), default=dict)
    vitals = models.JSONField(_("vitals"), default=dict)
    proposal = models.CharField(_("proposal"), max_length=15, choices=ScreeningOutcome)
    decision = models.CharField(_("decision"), max_length=15, choices=ScreeningOutcome)
    override_reason = models.CharField(_("override reason"), max_length=300, blank=True)
    screened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("screened by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    screened_at = models.DateTimeField(_("screened at"), default=timezone.now)

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        constraints = [
            models.CheckConstraint(
                name="a_decision_against_the_proposal_has_a_reason",
                condition=Q(decision=F("proposal")) | ~Q(override_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
