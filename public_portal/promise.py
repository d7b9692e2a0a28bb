"""The promise of today: how long certificates took after the injections of this day."""

import datetime
from dataclasses import dataclass

from certificates.kept_promise import kept_promise
from vaxplatform import figures
from vaxplatform.formatting import share


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


def promise_today(*, now: datetime.datetime) -> PromiseToday:
    """The country's figures of `certificates.kept_promise` as shares: counts only, no person."""
    kept = kept_promise(now=now)
    return PromiseToday(
        at=kept.at,
        doses=kept.doses,
        in_time=kept.in_time,
        earliest_minutes=kept.earliest_minutes,
        deadline_minutes=kept.deadline_minutes,
        bins=tuple(
            figures.Bin(
                wait.from_minutes,
                wait.to_minutes,
                wait.doses * 100 / kept.doses if kept.doses else 0,
            )
            for wait in kept.waits
        ),
    )
