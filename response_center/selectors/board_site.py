"""One site's day, as the command board shows it to officials: counts, nothing of a person."""

import datetime
from dataclasses import dataclass

from certificates.models import PROMISED, IssuanceJob, JobState
from response_center.models import LIVE_CASE, Case
from sites.entry_forecast import EntryForecast, entry_forecast
from sites.models import Lot, Session, Site
from sites.selectors import SessionCounts, counts_of, sessions_on
from vaxplatform.vietnam import day_in_vietnam


@dataclass(frozen=True)
class SessionToday:
    """A session and where its people are."""

    session: Session
    people: SessionCounts


@dataclass(frozen=True)
class SiteDay:
    """`due` and `stuck` count certificates; `lots` those that can be used, what expires first."""

    sessions: list[SessionToday]
    lots: list[Lot]
    forecast: EntryForecast | None
    due: int
    stuck: int
    open_cases: int
    overdue_cases: int


def site_day(*, site: Site, now: datetime.datetime) -> SiteDay:
    today = day_in_vietnam(now)
    lots = (
        Lot.objects.filter(site=site, recalled_at__isnull=True, expires_on__gte=today)
        .select_related("vaccine")
        .order_by("expires_on", "pk")
    )
    jobs = IssuanceJob.objects.filter(dose__site=site)
    waiting = jobs.filter(state=JobState.PENDING, due_at__lte=now, cause__in=PROMISED)
    cases = Case.objects.filter(site=site, status__in=LIVE_CASE).order_by()
    return SiteDay(
        sessions=[SessionToday(each, counts_of(each)) for each in sessions_on(site=site, on=today)],
        lots=[lot for lot in lots if lot.doses_left > 0],
        forecast=entry_forecast(site=site, day=None, now=now),
        due=waiting.count(),
        stuck=jobs.filter(state=JobState.NEEDS_REVIEW).count(),
        open_cases=cases.count(),
        overdue_cases=cases.filter(due_at__lte=now).count(),
    )
