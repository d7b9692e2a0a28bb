"""The nightly comparison: what the portal shows, what the sites have, and what the lots gave."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ReconciliationRun(models.Model):
    """One comparison over all recorded doses, of one moment. Insert only.

    `doses` are counted one by one; `lots` is what stock was used, `sites` and `portal` the sums of
    their rollups, doses that wait to be counted added. `differences`: for each province in which
    these do not agree its code, the four figures and at how many sites and vaccines; empty where
    all agree.
    """

    reconciled_at = models.DateTimeField(unique=True)
    doses = models.PositiveBigIntegerField()
    lots = models.BigIntegerField()
    sites = models.BigIntegerField()
    portal = models.BigIntegerField()
    differences = models.JSONField(default=list)

    class Meta:
        verbose_name = _("reconciliation of the totals")
        verbose_name_plural = _("reconciliations of the totals")
        constraints = [
            models.CheckConstraint(
                name="totals_without_differences_are_equal",
                condition=~Q(differences=[])
                | Q(lots=F("doses"), sites=F("doses"), portal=F("doses")),
            ),
        ]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"

    @property
    def agrees(self) -> bool:
        return not self.differences
