"""The log of restatements: which figure of a published day changed later, by how much, and why."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit


class Cause(models.TextChoices):
    """Why a day is counted again. The triggers of models.wires write the values as they are."""

    LATE_ENTRY = "late_entry", _("Entered later")
    CORRECTION = "correction", _("Dose or details of the person corrected")
    VOID = "void", _("Dose voided")
    MOVED = "moved", _("Dose given to the right person")
    JOINED = "joined", _("Records of one person joined, or taken apart")
    REPORT = "report", _("Report corrected or taken back")
    SITE = "site", _("Site put into another province")
    RULE = "rule", _("Series of a vaccine changed")
    RECOUNT = "recount", _("Counted anew")
    SEVERAL = "several", _("Several of these at once")


class RestatedFigure(models.TextChoices):
    """Columns of ProvinceDay that are published and therefore restated."""

    REPORTED = "reported", _("Doses reported")
    REPORTED_FIRST = "reported_first", _("First doses reported")
    RECORDED = "recorded", _("Doses recorded")
    PEOPLE_FIRST = "people_first", _("People with a first dose, on record")
    PEOPLE_FULL = "people_full", _("People fully vaccinated, on record")
    BOOSTERS = "boosters", _("Booster doses on record")
    ADDITIONAL = "additional", _("Additional doses on record")


class Restatement(models.Model):
    """On one day of publication, a figure of an earlier day and province became another.

    `before` is what stood when that day of publication began, `after` what stands since its last
    counting (None: no report); the `by_…` say how much of the change each cause made. All of a
    day's changes of a figure are one row, and nothing is kept below the province.
    """

    restated_on = models.DateField()
    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    figure = models.CharField(max_length=14, choices=RestatedFigure)
    before = models.PositiveIntegerField(null=True)
    after = models.PositiveIntegerField(null=True)
    by_late_entry = models.IntegerField(db_default=0)
    by_correction = models.IntegerField(db_default=0)
    by_void = models.IntegerField(db_default=0)
    by_moved = models.IntegerField(db_default=0)
    by_joined = models.IntegerField(db_default=0)
    by_report = models.IntegerField(db_default=0)
    by_site = models.IntegerField(db_default=0)
    by_rule = models.IntegerField(db_default=0)
    by_recount = models.IntegerField(db_default=0)
    by_several = models.IntegerField(db_default=0)

    class Meta:
        verbose_name = _("restatement")
        verbose_name_plural = _("restatements")
        constraints = [
            models.UniqueConstraint(
                name="one_restatement_a_day_of_publication_and_figure",
                fields=["restated_on", "province", "day", "figure"],
            ),
            models.CheckConstraint(
                name="only_a_past_day_is_restated", condition=Q(restated_on__gt=F("day"))
            ),
            models.CheckConstraint(
                name="the_causes_add_up_to_the_change",
                condition=Q(
                    by_late_entry=Coalesce(F("after"), 0)
                    - Coalesce(F("before"), 0)
                    - F("by_correction")
                    - F("by_void")
                    - F("by_moved")
                    - F("by_joined")
                    - F("by_report")
                    - F("by_site")
                    - F("by_rule")
                    - F("by_recount")
                    - F("by_several")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["province", "day", "figure"], name="restatement_of_a_figure")
        ]

    def __str__(self) -> str:
        return f"restatement {self.pk}"

    @property
    def change(self) -> int:
        return (self.after or 0) - (self.before or 0)

    @property
    def causes(self) -> list[tuple[Cause, int]]:
        """Each cause that made a change, with the change."""
        found = ((cause, getattr(self, f"by_{cause.value}")) for cause in Cause)
        return [(cause, change) for cause, change in found if change]
