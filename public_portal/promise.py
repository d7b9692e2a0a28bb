"""The promise of today: how long certificates took after the injections of this day."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from vaxplatform import figures
from vaxplatform.formatting import share
from vaxplatform.vietnam import day_in_vietnam, start_of_day

TIMELY_BINS = 6


@dataclass(frozen=True)
class PromiseToday:
    """Doses recorded at once (not from paper) today whose deadline is over at `at`.

    `bins` are shares in hundredths by minutes since the injection; a dose that still has no
    certificate is in the last one.
    """

    at: datetime.datetime
    doses: int
    in_time: int
    earliest_minutes: float
    deadline_minutes: float
    bins: tuple[figures.Bin, ...]

    @property
    def share(self) -> float | None:
        """In hundredths; None before the first deadline of the day."""
        found = share(self.in_time, self.doses)
        return None if found is None else float(found)


def _bounds(earliest: float, deadline: float) -> list[float]:
    """Where the bins begin: one before the earliest moment, six up to the deadline, two late."""
    step = (deadline - earliest) / TIMELY_BINS
    return [0, *(earliest + step * n for n in range(TIMELY_BINS)), deadline, deadline * 1.5]


def promise_today(*, now: datetime.datetime) -> PromiseToday:
    """Counts only, no person: one aggregate over the doses recorded today."""
    earliest = settings.CERTIFICATE_DELAY_SECONDS / 60
    deadline = settings.CERTIFICATE_DEADLINE_SECONDS / 60
    bounds = _bounds(earliest, deadline)
    start = start_of_day(day_in_vietnam(now))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT width_bucket(COALESCE(EXTRACT(EPOCH FROM c.issued_at - d.administered_at) / 60,
                                         'Infinity')::float8, %(bounds)s::float8[]) AS bin,
                   count(*), count(*) FILTER (WHERE c.issued_at <= j.deadline_at)
              FROM vaccination_sites_dose d
              JOIN certificates_issuancejob j ON j.dose_id = d.id
              LEFT JOIN LATERAL (SELECT min(issued_at) AS issued_at FROM certificates_certificate
                                  WHERE dose_id = d.id) c ON true
             WHERE d.recorded_at >= %(start)s AND d.recorded_at <= %(now)s
               AND d.administered_at >= %(start)s
               AND d.source = 'live' AND d.status = 'recorded' AND j.deadline_at <= %(now)s
             GROUP BY bin
            """,
            {"bounds": bounds, "start": start, "now": now},
        )
        found = {bin_: (doses, in_time) for bin_, doses, in_time in cursor.fetchall()}
    doses = sum(count for count, _in_time in found.values())
    ends = [*bounds[1:], None]
    return PromiseToday(
        at=now,
        doses=doses,
        in_time=sum(in_time for _count, in_time in found.values()),
        earliest_minutes=earliest,
        deadline_minutes=deadline,
        bins=tuple(
            figures.Bin(begin, end, found.get(n, (0, 0))[0] * 100 / doses if doses else 0)
            for n, (begin, end) in enumerate(zip(bounds, ends, strict=True), start=1)
        ),
    )
