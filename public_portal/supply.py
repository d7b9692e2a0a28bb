"""Supply against use: what the stock books of the sites took in, beside the doses on record.

One row a lot and site on the one side, rollups on the other; no person's row. What was delivered
before a site kept its book here is in no book (docs/statistics-pages.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from public_portal.models import ProvinceDay, ProvinceVaccineDay
from public_portal.selectors import Places, Units, with_parts
from registration.models import AdministrativeUnit
from sites.models import Lot
from vaxplatform.formatting import share


@dataclass(frozen=True)
class Supply:
    """Doses of a vaccine or at a place: `received` and `wasted` by the books of its sites,
    `recorded` on record there."""

    name: str
    code: str = ""
    received: int = 0
    wasted: int = 0
    recorded: int = 0

    @property
    def left(self) -> int:
        """Received less wasted and recorded: on the shelf, or given and not on record yet."""
        return self.received - self.wasted - self.recorded

    @property
    def used_share(self) -> Decimal | None:
        return share(self.recorded, self.received)

    @property
    def wasted_share(self) -> Decimal | None:
        return share(self.wasted, self.received)

    @property
    def is_known(self) -> bool:
        return bool(self.received or self.recorded)


_Rows = Iterable[Mapping[str, Any]]
_BOOK = {"received": Sum("doses_received"), "wasted": Sum("doses_wasted")}


def supply_by_vaccine(province: AdministrativeUnit | None = None) -> list[Supply]:
    """The vaccines that were received or given, the most received first."""
    lots: QuerySet[Any] = Lot.objects.all()
    days: QuerySet[Any] = ProvinceVaccineDay.objects.all()
    if province is not None:
        members = with_parts(province)
        lots, days = lots.filter(site__province__in=members), days.filter(province__in=members)
    name = "vaccine__vietnamese_name"
    recorded = dict(
        days.order_by().values(name).annotate(sum=Sum("doses")).values_list(name, "sum")
    )
    books = {row[name]: row for row in lots.order_by().values(name).annotate(**_BOOK)}
    rows = [
        Supply(
            vaccine,
            "",
            books[vaccine]["received"] if vaccine in books else 0,
            books[vaccine]["wasted"] if vaccine in books else 0,
            recorded.get(vaccine, 0),
        )
        for vaccine in {*books, *recorded}
    ]
    return sorted(filter(_is_known, rows), key=lambda row: (-row.received, row.name))


def supply_by_province(*, units: Units) -> list[Supply]:
    """Every province of one reform, by name."""
    places = Places.read()
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    books: _Rows = Lot.objects.order_by().values("site__province").annotate(**_BOOK)
    days: _Rows = ProvinceDay.objects.order_by().values("province").annotate(sum=Sum("recorded"))
    for row in books:
        unit = places.unit_of(row["site__province"], units)
        if unit is not None:
            sums[unit][0] += row["received"]
            sums[unit][1] += row["wasted"]
    for row in days:
        unit = places.unit_of(row["province"], units)
        if unit is not None:
            sums[unit][2] += row["sum"]
    return [
        Supply(unit.name, unit.code, *sums[unit.pk])
        for unit in sorted(places.of_scheme(units), key=lambda unit: unit.name)
    ]


def total_supply(rows: list[Supply], name: str) -> Supply:
    return Supply(
        name,
        "",
        sum(row.received for row in rows),
        sum(row.wasted for row in rows),
        sum(row.recorded for row in rows),
    )


def _is_known(row: Supply) -> bool:
    return row.is_known
