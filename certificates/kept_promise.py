"""How well the promise was kept today: the one reading of it, for the home page and the board."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from certificates.promised import BINNED_DOSES, window_parameters
from vaxplatform.vietnam import day_in_vietnam, start_of_day

TIMELY_BINS = 6

_TODAY = f"""
    SELECT bin, count(*), count(*) FILTER (WHERE is_in_time)
      FROM ({BINNED_DOSES}) doses
     WHERE source = 'live' AND is_over
     GROUP BY bin
"""  # noqa: S608


@dataclass(frozen=True)
class Wait:
    """Doses whose certificate came `from_minutes` to `to_minutes` after the wait began (see
    certificates.promised); None: later or not yet."""

    from_minutes: float
    to_minutes: float | None
    doses: int


@dataclass(frozen=True)
class KeptPromise:
    """Doses entered today, not from paper, whose deadline is over at `at`; those without a
    certificate are in the last of the `waits`."""

    at: datetime.datetime
    doses: int
    in_time: int
    earliest_minutes: float
    deadline_minutes: float
    waits: tuple[Wait, ...]


def wait_bounds() -> list[float]:
    """Where the waits begin, in minutes: one before the earliest moment, six up to the deadline,
    two late."""
    earliest, deadline = window_minutes()
    step = (deadline - earliest) / TIMELY_BINS
    return [0, *(earliest + step * n for n in range(TIMELY_BINS)), deadline, deadline * 1.5]


def window_minutes() -> tuple[float, float]:
    """The earliest moment and the deadline, in minutes after the wait began."""
    return settings.CERTIFICATE_DELAY_SECONDS / 60, settings.CERTIFICATE_DEADLINE_SECONDS / 60


def waits_of(doses: Mapping[int, int]) -> tuple[Wait, ...]:
    """Each wait with its doses; `doses` by the number of the bin, from 1."""
    bounds = wait_bounds()
    ends = [*bounds[1:], None]
    return tuple(
        Wait(begin, end, doses.get(n, 0))
        for n, (begin, end) in enumerate(zip(bounds, ends, strict=True), start=1)
    )


def kept_promise(*, now: datetime.datetime, province_id: int | None = None) -> KeptPromise:
    """One aggregate over the doses entered today, in the country or at a province's sites."""
    earliest, deadline = window_minutes()
    parameters = {
        **window_parameters(),
        "bounds": wait_bounds(),
        "start": start_of_day(day_in_vietnam(now)),
        "end": now,
        "now": now,
        "province": province_id,
        "site": None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, parameters)
        found = {bin_: (doses, in_time) for bin_, doses, in_time in cursor.fetchall()}
    return KeptPromise(
        at=now,
        doses=sum(doses for doses, _in_time in found.values()),
        in_time=sum(in_time for _doses, in_time in found.values()),
        earliest_minutes=earliest,
        deadline_minutes=deadline,
        waits=waits_of({bin_: doses for bin_, (doses, _in_time) in found.items()}),
    )
