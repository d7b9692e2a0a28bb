"""What provinces and paper sites report: daily totals, long before the single doses are in."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from sites.models import Site, Vaccine


# What stood there before: the row itself is the last version.
@pghistory.track(pghistory.UpdateEvent("replaced", row=pghistory.Old), level=pghistory.Statement)
class DailyReport(models.Model):
    """Doses given on one day as a province, or one of its sites, counted them.

    A correction replaces the figures; the history keeps each earlier version, with who sent it and
    when.
    """

    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="daily_reports"
    )
    day = models.DateField(_("day"))
    vaccine = models.ForeignKey(Vaccine, null=True, blank=True, on_delete=models.PROTECT)
    doses = models.PositiveIntegerField(_("doses"))
    first_doses = models.PositiveIntegerField(_("of these first doses"), null=True, blank=True)
    reported_at = models.DateTimeField(default=timezone.now)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("daily report")
        verbose_name_plural = _("daily reports")
        constraints = [
            models.UniqueConstraint(
                name="one_report_per_place_day_and_vaccine",
                fields=["province", "site", "day", "vaccine"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="first_doses_are_among_the_doses",
                condition=Q(first_doses__isnull=True) | Q(first_doses__lte=F("doses")),
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
