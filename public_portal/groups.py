"""Who was vaccinated, with what, and where they live: sums of the rollups, no person's row.

All of it counts doses on record; reports do not say for whom a dose was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from public_portal.models import ProvinceDay, ProvinceVaccineDay, ResidenceDay
from public_portal.selectors import Places, Totals, Units, with_parts
from public_portal.services.counting import AGE_BANDS, age_column
from registration.models import AdministrativeUnit
from vaxplatform.formatting import share


@dataclass(frozen=True)
class Group:
    """Doses on record of one part of all; `share` of them, in hundredths."""

    name: str | Promise
    doses: int
    share: Decimal | None


def _groups(doses: Mapping[str, int]) -> list[Group]:
    whole = sum(doses.values())
    return [Group(name, count, share(count, whole)) for name, count in doses.items()]


# ── of what, for whom ─────────────────────────────────────────────────────────────────────────
def by_vaccine(province: AdministrativeUnit | None = None) -> list[Group]:
    """The vaccines that were given, the most given first."""
    rows = ProvinceVaccineDay.objects.all()
    if province is not None:
        rows = rows.filter(province__in=with_parts(province))
    sums = rows.order_by().values("vaccine__vietnamese_name").annotate(sum=Sum("doses"))
    found = sorted(sums, key=lambda row: (-row["sum"], row["vaccine__vietnamese_name"]))
    return _groups({row["vaccine__vietnamese_name"]: row["sum"] for row in found})


def by_kind(totals: Totals) -> list[Group]:
    """What is neither booster nor additional belongs to a primary series."""
    boosters, additional = totals.counts["boosters"], totals.counts["additional"]
    return _groups(
        {
            _("Primary series"): totals.recorded - boosters - additional,
            _("Additional dose"): additional,
            _("Booster"): boosters,
        }
    )


def by_sex(totals: Totals) -> list[Group]:
    female, male = totals.counts["female"], totals.counts["male"]
    return _groups(
        {
            _("Women and girls"): female,
            _("Men and boys"): male,
            _("Another sex"): totals.recorded - female - male,
        }
    )


def by_age(totals: Totals) -> list[Group]:
    """By the person's age on the day of the dose, the youngest first."""
    return _groups({band_name(*band): totals.counts[age_column(band)] for band in AGE_BANDS})


def band_name(first: int, last: int | None) -> str:
    if last is None:
        return _("%(age)s and older") % {"age": first}
    if not first:
        return _("Under %(age)s") % {"age": last + 1}
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


# ── where it was given, where they live ───────────────────────────────────────────────────────
@dataclass(frozen=True)
class PlaceAndResidence:
    """A province as a place of vaccination and as a home: doses on record that were given there,
    doses of the people who lived there that day, wherever they were given, and likewise people
    with their first dose."""

    code: str
    name: str
    given: int = 0
    of_residents: int = 0
    people_here: int = 0
    residents: int = 0
    adults: int | None = None

    @property
    def difference(self) -> int:
        """Above 0: more doses were given there than its residents received anywhere."""
        return self.given - self.of_residents

    @property
    def people_share(self) -> Decimal | None:
        return share(self.people_here, self.adults)

    @property
    def residents_share(self) -> Decimal | None:
        return share(self.residents, self.adults)


def place_and_residence(*, units: Units) -> list[PlaceAndResidence]:
    """Each province of one reform, by name. Two aggregates over the days of provinces."""
    places = Places.read()
    sums: dict[int, list[int]] = {unit.pk: [0, 0, 0, 0] for unit in places.of_scheme(units)}
    for at, model, by, doses in (
        (0, ProvinceDay, "province", "recorded"),
        (1, ResidenceDay, "residence", "doses"),
    ):
        rows = model.objects.order_by().values(by)
        for row in rows.annotate(sum=Sum(doses), people=Sum("people_first")):
            unit = places.unit_of(row[by], units)
            if unit is not None:
                sums[unit][at] += row["sum"]
                sums[unit][at + 2] += row["people"]
    return [
        PlaceAndResidence(
            unit.code, unit.name, given, of_residents, people, residents, places.adults(unit)
        )
        for unit in sorted(places.of_scheme(units), key=lambda unit: unit.name)
        for given, of_residents, people, residents in [sums[unit.pk]]
    ]


def of_province(province: AdministrativeUnit, totals: Totals) -> PlaceAndResidence:
    """One province, whose sums as a place of vaccination are `totals`."""
    rows = ResidenceDay.objects.filter(residence__in=with_parts(province))
    sums = rows.aggregate(doses=Sum("doses"), people=Sum("people_first"))
    return PlaceAndResidence(
        province.code,
        province.name,
        totals.recorded,
        sums["doses"] or 0,
        totals.counts["people_first"],
        sums["people"] or 0,
        totals.adults,
    )


def total_of(rows: Sequence[PlaceAndResidence]) -> PlaceAndResidence:
    """All rows together, under the name of the country."""
    adults = [row.adults for row in rows if row.adults is not None]
    return PlaceAndResidence(
        "",
        _("The country"),
        sum(row.given for row in rows),
        sum(row.of_residents for row in rows),
        sum(row.people_here for row in rows),
        sum(row.residents for row in rows),
        adults=sum(adults) or None,
    )
