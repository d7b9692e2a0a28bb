"""Campaigns, sessions and the seats in them."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import ShotRegistration
from sites.models.site import Site
from sites.models.vaccine import Vaccine
from vaxplatform.rows import row_name


class Campaign(models.Model):
    """A drive for some vaccine, place and weeks; sessions belong to it."""

    name = models.CharField(_("name"), max_length=120)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(
                name="a_campaign_ends_after_it_begins", condition=Q(ends_on__gte=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SessionPart(models.TextChoices):
    MORNING = "morning", _("Morning")
    AFTERNOON = "afternoon", _("Afternoon")
    DAY = "day", _("All day")


class SessionStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Session(models.Model):
    """One day, or half of one, of vaccination at a site. `seats_taken` counts live appointments."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="sessions"
    )
    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), null=True, blank=True, on_delete=models.PROTECT
    )
    held_on = models.DateField(_("held on"))
    part = models.CharField(_("part of the day"), max_length=9, choices=SessionPart)
    vaccine = models.ForeignKey(
        Vaccine, verbose_name=_("vaccine"), null=True, blank=True, on_delete=models.PROTECT
    )
    seats = models.PositiveIntegerField(_("seats"), default=100)
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    status = models.CharField(
        _("status"), max_length=8, choices=SessionStatus, default=SessionStatus.PLANNED
    )

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-held_on", "part"]
        constraints = [
            models.UniqueConstraint(
                name="one_session_per_site_day_and_part", fields=["site", "held_on", "part"]
            ),
            models.CheckConstraint(
                name="a_session_is_never_overbooked", condition=Q(seats_taken__lte=F("seats"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.held_on:%d/%m/%Y} {self.get_part_display()}"


class AppointmentStatus(models.TextChoices):
    BOOKED = "booked", _("Booked")
    KEPT = "kept", _("Kept")
    MISSED = "missed", _("Missed")
    CANCELLED = "cancelled", _("Cancelled")


class Appointment(models.Model):
    """A registration's seat in a session."""

    session = models.ForeignKey(
        Session, verbose_name=_("session"), on_delete=models.PROTECT, related_name="appointments"
    )
    registration = models.ForeignKey(
        ShotRegistration,
        verbose_name=_("registration"),
        on_delete=models.PROTECT,
        related_name="appointments",
    )
    status = models.CharField(
        _("status"), max_length=9, choices=AppointmentStatus, default=AppointmentStatus.BOOKED
    )
    booked_at = models.DateTimeField(_("booked at"), default=timezone.now)

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.UniqueConstraint(
                name="one_booked_appointment_per_registration",
                fields=["registration"],
                condition=Q(status=AppointmentStatus.BOOKED),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
