"""Statistics: recomputed for what changed, never counted up. Pages read these tables only."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from public_portal.models.restatement import Cause
from registration.models import AdministrativeUnit
from sites.models import Site, Vaccine


class DirtyDay(models.Model):
    """A place and day to be counted again. Append only, no unique key: writers never wait.

    The rows commit with the change they tell of, so whoever deletes a row sees that change.
    Without a site the row tells of a report: only the province's sum is made again. `cause` is for
    the log of restatements.
    """

    province = models.ForeignKey(
        AdministrativeUnit, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    site = models.ForeignKey(
        Site, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    day = models.DateField()
    cause = models.CharField(max_length=10, choices=Cause, db_default=Cause.RECOUNT)
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("day to be counted again")
        verbose_name_plural = _("days to be counted again")

    def __str__(self) -> str:
        return f"{self.day}"


class DoseCounts(models.Model):
    """What is counted of recorded doses besides their number, by services.counting.COUNTS.

    `people_first`: people whose first recorded dose ever this is; `people_full`: people whose
    primary series this dose completes; each person counts once in the country. The others count
    doses: by kind (what is neither booster nor additional is primary), by sex (what is neither is
    another), and by the person's age on the day. A new column takes `db_default=0`;
    `rebuild_statistics` then fills it for the past.
    """

    people_first = models.PositiveIntegerField()
    people_full = models.PositiveIntegerField()
    boosters = models.PositiveIntegerField()
    additional = models.PositiveIntegerField(db_default=0)
    male = models.PositiveIntegerField(db_default=0)
    female = models.PositiveIntegerField(db_default=0)
    age_0_11 = models.PositiveIntegerField(db_default=0)
    age_12_17 = models.PositiveIntegerField(db_default=0)
    age_18_29 = models.PositiveIntegerField(db_default=0)
    age_30_49 = models.PositiveIntegerField(db_default=0)
    age_50_64 = models.PositiveIntegerField(db_default=0)
    age_65_79 = models.PositiveIntegerField(db_default=0)
    age_80_up = models.PositiveIntegerField(db_default=0)

    class Meta:
        abstract = True


class SiteDay(DoseCounts):
    """Recorded doses of one site, day (of administration, in Viet Nam) and vaccine."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="days")
    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    vaccine = models.ForeignKey(Vaccine, on_delete=models.PROTECT, related_name="+")
    doses = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("day of a site")
        verbose_name_plural = _("days of sites")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_site_day_and_vaccine", fields=["site", "day", "vaccine"]
            ),
        ]
        indexes = [models.Index(fields=["province", "day"], name="site_day_by_province_day")]

    def __str__(self) -> str:
        return f"site day {self.pk}"


class LateEntry(models.Model):
    """Recorded doses of one site and day that were entered on a later day (both in Viet Nam).

    The sum over the days of entry is how fast a site works its paper off.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="late_entries")
    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    entered_on = models.DateField()
    doses = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("late entry")
        verbose_name_plural = _("late entries")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_site_day_and_day_of_entry", fields=["site", "day", "entered_on"]
            ),
            models.CheckConstraint(
                name="a_late_entry_is_of_an_earlier_day", condition=Q(entered_on__gt=F("day"))
            ),
        ]
        indexes = [
            models.Index(fields=["province", "entered_on"], name="late_entry_by_province_and_day"),
            models.Index(fields=["site", "entered_on"], name="late_entry_by_site_and_day"),
        ]

    def __str__(self) -> str:
        return f"late entry {self.pk}"


class ProvinceDay(DoseCounts):
    """A province's day: recorded doses summed over its sites, and reported doses.

    `reported` is empty where nobody reported: then, and only then, the headline figure is the
    recorded one. A report of the province itself is its own total and wins over the sum of its
    sites' reports; likewise a report without a vaccine wins over those by vaccine.
    `reported_first` is empty unless every report that counts says how many were first doses.

    A report says nothing of what it does not cover: a site's report nothing of other sites, one of
    a vaccine nothing of others. `covered` are the recorded doses that the reports which count are
    about, `covered_first` the first doses among them; what is left to record is reported − covered.
    """

    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    recorded = models.PositiveIntegerField()
    reported = models.PositiveIntegerField(null=True)
    reported_first = models.PositiveIntegerField(null=True)
    covered = models.PositiveIntegerField(db_default=0)
    covered_first = models.PositiveIntegerField(db_default=0)

    class Meta:
        verbose_name = _("day of a province")
        verbose_name_plural = _("days of provinces")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_province_and_day", fields=["province", "day"]
            ),
        ]
        indexes = [models.Index(fields=["day"], name="province_day_by_day")]

    def __str__(self) -> str:
        return f"province day {self.pk}"


class ProvinceVaccineDay(models.Model):
    """Recorded doses of a province's day by vaccine: SiteDay summed over the province's sites."""

    province = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    vaccine = models.ForeignKey(Vaccine, on_delete=models.PROTECT, related_name="+")
    doses = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("day of a province by vaccine")
        verbose_name_plural = _("days of provinces by vaccine")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_province_day_and_vaccine",
                fields=["province", "day", "vaccine"],
            ),
        ]

    def __str__(self) -> str:
        return f"province vaccine day {self.pk}"


class ResidenceCounts(models.Model):
    """Doses, and people as in DoseCounts, by the province in which the person lived that day."""

    residence = models.ForeignKey(AdministrativeUnit, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    doses = models.PositiveIntegerField()
    people_first = models.PositiveIntegerField()
    people_full = models.PositiveIntegerField()

    class Meta:
        abstract = True


class SiteResidenceDay(ResidenceCounts):
    """Recorded doses of one site and day by the province of residence."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("day of a site by residence")
        verbose_name_plural = _("days of sites by residence")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_site_day_and_residence", fields=["site", "day", "residence"]
            ),
        ]
        indexes = [models.Index(fields=["residence", "day"], name="site_residence_by_day")]

    def __str__(self) -> str:
        return f"site residence day {self.pk}"


class ResidenceDay(ResidenceCounts):
    """Recorded doses of one day of the people who live in a province, wherever they were given."""

    class Meta:
        verbose_name = _("day of a province's residents")
        verbose_name_plural = _("days of the provinces' residents")
        constraints = [
            models.UniqueConstraint(
                name="one_count_per_residence_and_day", fields=["residence", "day"]
            ),
        ]

    def __str__(self) -> str:
        return f"residence day {self.pk}"


class StatisticsVersion(models.Model):
    """One row: which counting the rollups are at. Caches of pages and files carry the number."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("version of the statistics")
        verbose_name_plural = _("version of the statistics")
        constraints = [
            models.CheckConstraint(name="there_is_one_statistics_version", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"statistics {self.number}"
