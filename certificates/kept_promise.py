"""How well the promise was kept today: the one reading of it, for the home page and the board."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from vaxplatform.vietnam import day_in_vietnam, start_of_day

TIMELY_BINS = 6

_TODAY = """
    SELECT width_bucket(COALESCE(EXTRACT(EPOCH FROM c.issued_at - d.administered_at) / 60,
                                 'Infinity')::float8, %(bounds)s::float8[]) AS bin,
           count(*), count(*) FILTER (WHERE c.issued_at <= j.deadline_at)
      FROM vaccination_sites_dose d
      JOIN certificates_issuancejob j ON j.dose_id = d.id
      JOIN vaccination_sites_site s ON s.id = d.site_id
      LEFT JOIN LATERAL (SELECT min(issued_at) AS issued_at FROM certificates_certificate
                          WHERE dose_id = d.id) c ON true
     WHERE d.recorded_at >= %(start)s AND d.recorded_at <= %(now)s
       AND d.administered_at >= %(start)s
       AND d.source = 'live' AND d.status = 'recorded' AND j.deadline_at <= %(now)s
       AND (%(province)s IS NULL OR s.province_id = %(province)s)
     GROUP BY bin
"""


@dataclass(frozen=True)
class Wait:
    """Doses whose certificate came `from_minutes` to `to_minutes` after the injection; None: later
    or not yet."""

    from_minutes: float
    to_minutes: float | None
    doses: int


@dataclass(frozen=True)
class KeptPromise:
    """Doses recorded at once (not from paper) today whose deadline is over at `at`; those without
    a certificate are in the last of the `waits`."""

    at: datetime.datetime
    doses: int
    in_time: int
    earliest_minutes: float
    deadline_minutes: float
    waits: tuple[Wait, ...]


def _bounds(earliest: float, deadline: float) -> list[float]:
    """Where the waits begin: one before the earliest moment, six up to the deadline, two late."""
    step = (deadline - earliest) / TIMELY_BINS
    return [0, *(earliest + step * n for n in range(TIMELY_BINS)), deadline, deadline * 1.5]


def kept_promise(*, now: datetime.datetime, province_id: int | None = None) -> KeptPromise:
    """One aggregate over the doses recorded today, of the country or of a province's sites."""
    earliest = settings.CERTIFICATE_DELAY_SECONDS / 60
    deadline = settings.CERTIFICATE_DEADLINE_SECONDS / 60
    bounds = _bounds(earliest, deadline)
    start = start_of_day(day_in_vietnam(now))
    with connection.cursor() as cursor:
        cursor.execute(
            _TODAY, {"bounds": bounds, "start": start, "now": now, "province": province_id}
        )
        found = {bin_: (doses, in_time) for bin_, doses, in_time in cursor.fetchall()}
    ends = [*bounds[1:], None]
    return KeptPromise(
        at=now,
        doses=sum(doses for doses, _in_time in found.values()),
        in_time=sum(in_time for _doses, in_time in found.values()),
        earliest_minutes=earliest,
        deadline_minutes=deadline,
        waits=tuple(
            Wait(begin, end, found.get(n, (0, 0))[0])
            for n, (begin, end) in enumerate(zip(bounds, ends, strict=True), start=1)
        ),
    )
