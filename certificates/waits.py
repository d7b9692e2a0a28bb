"""How long certificates took, and what is owed now: figures for officials, by place.

The waits of a period are those of the doses entered on its days (Viet Nam), read as
`certificates.promised` reads them: one aggregate over what the index `dose_by_recorded_at` bounds.
What it costs, and from where on a table of counts would be due: docs/waits.md.
"""

import datetime
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from certificates.causes import cause_in_words
from certificates.kept_promise import Wait, wait_bounds, waits_of
from certificates.models import IssuanceJob, JobState
from certificates.promised import BINNED_DOSES, window_parameters
from registration.models import AdministrativeUnit
from sites.models import DoseSource, Site
from vaxplatform.database import sqlstate
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import start_of_day

MOST_DAYS = 31
_TIMED_OUT = "57014"


class TooMuchAtOnce(DomainError):
    """The figures asked for take longer to count than a page may."""

    code = "too_much_at_once"
    message = _("These are too many doses to count at once. Choose fewer days or one province.")


@dataclass(frozen=True)
class Place:
    """What is looked at: a site, a province's sites, or (both None) the country."""

    province: AdministrativeUnit | None = None
    site: Site | None = None

    @property
    def parameters(self) -> dict[str, int | None]:
        return {
            "province": self.province.pk if self.province else None,
            "site": self.site.pk if self.site else None,
        }

    @property
    def parts(self) -> str:
        """What its table has a row for: provinces of the country, else sites."""
        return "site_id" if self.province or self.site else "province_id"


@dataclass(frozen=True)
class Period:
    """The days, in Viet Nam, on which the doses were entered; both included."""

    first: datetime.date
    last: datetime.date

    @property
    def start(self) -> datetime.datetime:
        return start_of_day(self.first)

    @property
    def end(self) -> datetime.datetime:
        """The moment after it."""
        return start_of_day(self.last + datetime.timedelta(days=1))


@dataclass(frozen=True)
class Spread:
    """Minutes; None without a dose, infinity where so many have no certificate yet."""

    median: float | None
    most: float | None  # 95 % of the doses waited this long or less

    @classmethod
    def of_seconds(cls, found: list[float] | None) -> "Spread":
        return cls(found[0] / 60, found[1] / 60) if found else cls(None, None)


@dataclass(frozen=True)
class Waits:
    """The doses entered in a period, and of those whose promised time is `over`: how they fared.

    `in_time`: certified within the promise. `missing`: no certificate yet. `early`: certified
    before the promise allows, which is a defect. `late_entries`: entered more than 30 minutes
    after the injection.
    """

    doses: int = 0
    over: int = 0
    in_time: int = 0
    missing: int = 0
    early: int = 0
    late_entries: int = 0
    from_injection: Spread = Spread(None, None)
    from_entry: Spread = Spread(None, None)


@dataclass(frozen=True)
class Owed:
    """What a place is owed at this moment, whichever day the doses are of.

    `waiting`: in the queue, their time not come yet or come. `due`: of these, those whose time has
    come; `past_deadline`: whose promised time is over. `stuck`: given up, a person must act.
    """

    waiting: int = 0
    due: int = 0
    past_deadline: int = 0
    stuck: int = 0
    oldest_due_at: datetime.datetime | None = None


_SECONDS = "COALESCE(EXTRACT(EPOCH FROM issued_at - {since})::float8, 'Infinity')"
_SPREAD = (
    "percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY "
    + _SECONDS
    + ") FILTER (WHERE is_over)"
)
_WAITS = f"""
    SELECT {{parts}}, count(*), count(*) FILTER (WHERE is_over),
           count(*) FILTER (WHERE is_over AND is_in_time),
           count(*) FILTER (WHERE is_over AND issued_at IS NULL),
           count(*) FILTER (WHERE is_early), count(*) FILTER (WHERE is_late_entry),
           {_SPREAD.format(since="administered_at")}, {_SPREAD.format(since="recorded_at")},
           {{bins}}
      FROM ({BINNED_DOSES}) doses
     WHERE source = %(source)s
     GROUP BY GROUPING SETS (({{parts}}), ())
"""  # noqa: S608
# One part of the index a state: a condition over both would use neither.
_OWED = """
    SELECT {parts}, count(*) FILTER (WHERE state = 'pending'),
           count(*) FILTER (WHERE state = 'pending' AND due_at <= %(now)s),
           count(*) FILTER (WHERE state = 'pending' AND deadline_at < %(now)s),
           count(*) FILTER (WHERE state = 'needs_review'),
           min(due_at) FILTER (WHERE state = 'pending' AND due_at <= %(now)s)
      FROM (SELECT dose_id, state, due_at, deadline_at FROM certificates_issuancejob
             WHERE state = 'pending'
             UNION ALL
            SELECT dose_id, state, due_at, deadline_at FROM certificates_issuancejob
             WHERE state = 'needs_review') jobs
      JOIN vaccination_sites_dose d ON d.id = jobs.dose_id
      JOIN vaccination_sites_site s ON s.id = d.site_id
     WHERE (%(province)s IS NULL OR s.province_id = %(province)s)
       AND (%(site)s IS NULL OR d.site_id = %(site)s)
     GROUP BY GROUPING SETS (({parts}), ())
"""


@dataclass(frozen=True)
class PlaceRow:
    """A province of the country, or a site, with its figures."""

    code: str
    name: str
    waits: Waits
    owed: Owed


@dataclass(frozen=True)
class Report:
    """The whole place, its distribution of waits, and its parts that have anything to show."""

    whole: Waits
    owed: Owed
    bins: tuple[Wait, ...]
    rows: tuple[PlaceRow, ...]


def waits_report(
    *, place: Place, period: Period, source: DoseSource, now: datetime.datetime
) -> Report:
    """The figures of `period` and what is owed at `now`. Three queries, whatever the place.

    Raises TooMuchAtOnce when the database needs longer than a page may take.
    """
    waits, doses_by_bin = _waits(place, period, source, now)
    owed = _owed(place, now)
    names = _names(place, {*waits, *owed} - {None})
    return Report(
        whole=waits.get(None, Waits()),
        owed=owed.get(None, Owed()),
        bins=waits_of(doses_by_bin),
        rows=tuple(
            PlaceRow(code, name, waits.get(pk, Waits()), owed.get(pk, Owed()))
            for pk, (code, name) in names.items()
        ),
    )


def _waits(
    place: Place, period: Period, source: DoseSource, now: datetime.datetime
) -> tuple[dict[int | None, Waits], dict[int, int]]:
    """By the id of a part and, under None, of the whole; and the whole's doses by bin."""
    bounds = wait_bounds()
    bins = ", ".join(
        f"count(*) FILTER (WHERE is_over AND bin = {n})" for n in range(1, len(bounds) + 1)
    )
    rows = _asked(
        _WAITS.format(parts=place.parts, bins=bins),
        {
            **window_parameters(),
            **place.parameters,
            "bounds": bounds,
            "start": period.start,
            "end": period.end,
            "source": source.value,
            "now": now,
        },
    )
    found = {row[0]: _waits_of(row) for row in rows}
    whole = next((row for row in rows if row[0] is None), ())
    by_bin = dict(enumerate(whole[9:], start=1))
    return found, by_bin


def _waits_of(row: Sequence[Any]) -> Waits:
    """The figures of a row of `_WAITS`."""
    _part, doses, over, in_time, missing, early, late_entries, injection, entry = row[:9]
    return Waits(
        doses=doses,
        over=over,
        in_time=in_time,
        missing=missing,
        early=early,
        late_entries=late_entries,
        from_injection=Spread.of_seconds(injection),
        from_entry=Spread.of_seconds(entry),
    )


def _owed(place: Place, now: datetime.datetime) -> dict[int | None, Owed]:
    rows = _asked(_OWED.format(parts=place.parts), {**place.parameters, "now": now})
    return {part: Owed(*figures) for part, *figures in rows}


def _asked(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one aggregate; a timeout is the question's own fault."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
    except OperationalError as error:
        if sqlstate(error) == _TIMED_OUT:
            raise TooMuchAtOnce from error
        raise


def _names(place: Place, ids: Iterable[int | None]) -> dict[int, tuple[str, str]]:
    """Code and name of the parts with figures, and of a site that was asked for, by name."""
    parts: QuerySet[Site] | QuerySet[AdministrativeUnit]
    if place.site:
        return {place.site.pk: (place.site.code, place.site.name)}
    parts = Site.objects.all() if place.province else AdministrativeUnit.objects.all()
    rows = parts.filter(pk__in=list(ids)).order_by("name", "code")
    return {pk: (code, name) for pk, code, name in rows.values_list("pk", "code", "name")}


# ── what is stuck ─────────────────────────────────────────────────────────────────────────────
def stuck_jobs(place: Place) -> QuerySet[IssuanceJob]:
    """Certificates that need a person, at this place: the longest due first, with their sites."""
    jobs = IssuanceJob.objects.filter(state=JobState.NEEDS_REVIEW)
    if place.site:
        jobs = jobs.filter(dose__site=place.site)
    elif place.province:
        jobs = jobs.filter(dose__site__province=place.province)
    return jobs.select_related("dose__site__province").order_by("due_at", "pk")


def stuck_by_cause(place: Place) -> list[tuple[str, int]]:
    """Sentences for people and how many are stuck for that reason, most first."""
    found: Counter[str] = Counter()
    notes = stuck_jobs(place).order_by().values_list("last_error")
    for last_error, jobs in notes.annotate(jobs=Count("pk")):
        found[cause_in_words(last_error)] += jobs
    return found.most_common()


def is_unknown_yet(minutes: float | None) -> bool:
    """Whether a wait is that of doses that have no certificate yet."""
    return minutes is not None and math.isinf(minutes)
