"""Doses on record by the day of the injection and by the day of the entry, from rollups.

A dose counts on the day it was given, also when it was entered later; by the day of entry it counts
when it came on record. The late ones are in LateEntry, so the others were entered on their own day.
"""

import datetime
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from public_portal.models import LateEntry
from public_portal.selectors import Day, with_parts
from registration.models import AdministrativeUnit


@dataclass(frozen=True)
class EntryDay:
    """Of one day: headline and reported doses, doses on record that were given then, how many of
    these were entered on a later day, and all that were entered on this day."""

    day: datetime.date
    doses: int
    reported: int
    given: int
    entered_later: int
    entered: int


def _late(province: AdministrativeUnit | None) -> QuerySet[LateEntry]:
    rows = LateEntry.objects.order_by()
    return rows if province is None else rows.filter(province__in=with_parts(province))


def with_entries(days: list[Day], province: AdministrativeUnit | None = None) -> list[EntryDay]:
    """The `days`, which must follow each other without a gap, with what was entered on them."""
    if not days:
        return []
    bounds = (days[0].day, days[-1].day)
    late = _late(province)
    of_day = dict(
        late.filter(day__range=bounds)
        .values("day")
        .annotate(sum=Sum("doses"))
        .values_list("day", "sum")
    )
    on_day = dict(
        late.filter(entered_on__range=bounds)
        .values("entered_on")
        .annotate(sum=Sum("doses"))
        .values_list("entered_on", "sum")
    )
    return [
        EntryDay(
            day.day,
            day.doses,
            day.reported,
            day.recorded,
            of_day.get(day.day, 0),
            day.recorded - of_day.get(day.day, 0) + on_day.get(day.day, 0),
        )
        for day in days
    ]
