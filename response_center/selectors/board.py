"""The command board's figures: each one aggregate over what an index bounds, none over all doses.

`province_id` empty means the whole country.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import (
    Count,
    Exists,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
)
from django.db.models.functions import ExtractHour

from certificates.models import PROMISED, IssuanceJob, JobState, WorkerHeartbeat
from registration.models import SmsMessage, SmsStatus
from response_center.models import LIVE_CASE, Case, CaseCause, CaseKind
from sites.models import Dose, DoseStatus, Session, SessionStatus, Site
from sites.models.dose import CLOCK_TOLERANCE
from vaxplatform.vietnam import TIME_ZONE, day_in_vietnam, start_of_day

SILENT_AFTER = datetime.timedelta(minutes=60)
WORKER_ALIVE = datetime.timedelta(seconds=90)
AGES_HOURS = (12, 24, 48)
RANKED = 8


@dataclass(frozen=True)
class DosesToday:
    """Doses by the hour of their injection (0–23, Viet Nam) and the sites that gave them."""

    by_hour: dict[int, int]
    sites: int

    @property
    def total(self) -> int:
        return sum(self.by_hour.values())


def doses_today(
    *, now: datetime.datetime, province_id: int | None = None, site_id: int | None = None
) -> DosesToday:
    """Doses given today that are on record. Found by `recorded_at`, which has an index: a dose is
    recorded after it was given, but for the tolerance between two clocks."""
    start = start_of_day(day_in_vietnam(now))
    rows = Dose.objects.filter(
        recorded_at__gte=start - CLOCK_TOLERANCE,
        administered_at__gte=start,
        administered_at__lt=start + datetime.timedelta(days=1),
        status=DoseStatus.RECORDED,
    )
    if province_id:
        rows = rows.filter(site__province=province_id)
    if site_id:
        rows = rows.filter(site=site_id)
    hours = rows.values(hour=ExtractHour("administered_at", tzinfo=TIME_ZONE)).annotate(
        doses=Count("pk")
    )
    return DosesToday(
        by_hour={row["hour"]: row["doses"] for row in hours},
        sites=rows.aggregate(sites=Count("site", distinct=True))["sites"],
    )


@dataclass(frozen=True)
class CertificateQueue:
    """What is owed to people who wait. `oldest_due_at`: since when the oldest due certificate does,
    None for none. Renewals and re-issues, whose old certificates are at hand, count when late."""

    due: int
    oldest_due_at: datetime.datetime | None
    past_deadline: int
    needs_review: int
    without_job: int


def certificate_queue(
    *, now: datetime.datetime, province_id: int | None = None
) -> CertificateQueue:
    """The state of the issuance queue, from the partial indexes of what is not issued yet."""
    jobs = IssuanceJob.objects.all()
    doses = Dose.objects.filter(
        ~Exists(IssuanceJob.objects.filter(dose=OuterRef("pk"))),
        recorded_at__gt=now - datetime.timedelta(days=2),
        status=DoseStatus.RECORDED,
    )
    if province_id:
        jobs = jobs.filter(dose__site__province=province_id)
        doses = doses.filter(site__province=province_id)
    promised = Q(cause__in=PROMISED)
    pending = jobs.filter(state=JobState.PENDING, due_at__lte=now).aggregate(
        due=Count("pk", filter=promised),
        oldest_due_at=Min("due_at", filter=promised),
        past_deadline=Count("pk", filter=Q(deadline_at__lt=now)),
    )
    return CertificateQueue(
        **pending,
        needs_review=jobs.filter(state=JobState.NEEDS_REVIEW).count(),
        without_job=doses.count(),
    )


@dataclass(frozen=True)
class OpenCases:
    """Live cases: by kind and by cause (key, label, count; most first; the cause "" is not found
    out yet), by age in hours (AGES_HOURS, the last one open)."""

    total: int
    overdue: int
    by_kind: list[tuple[str, str, int]]
    by_cause: list[tuple[str, str, int]]
    by_age: list[int]


def open_cases(*, now: datetime.datetime, province_id: int | None = None) -> OpenCases:
    rows = Case.objects.filter(status__in=LIVE_CASE)
    if province_id:
        rows = rows.filter(province=province_id)
    limits = [now - datetime.timedelta(hours=hours) for hours in AGES_HOURS]
    newer, older = [*limits, None], [None, *limits]
    ages = {
        f"age_{n}": Count("pk", filter=_opened_between(after=after, until=until))
        for n, (after, until) in enumerate(zip(newer, older, strict=True))
    }
    found = rows.order_by().aggregate(
        total=Count("pk"), overdue=Count("pk", filter=Q(due_at__lte=now)), **ages
    )
    return OpenCases(
        total=found["total"],
        overdue=found["overdue"],
        by_kind=_counted(rows, "kind", CaseKind),
        by_cause=_counted(rows, "cause", CaseCause),
        by_age=[found[f"age_{n}"] for n in range(len(newer))],
    )


def _counted(
    rows: QuerySet[Case], field: str, choices: type[TextChoices]
) -> list[tuple[str, str, int]]:
    counts = rows.order_by().values_list(field).annotate(cases=Count("pk"))
    labels = dict(choices.choices)
    return [
        (key, str(labels.get(key, key)), count) for key, count in counts.order_by("-cases", field)
    ]


def _opened_between(*, after: datetime.datetime | None, until: datetime.datetime | None) -> Q:
    condition = Q()
    if after is not None:
        condition &= Q(opened_at__gt=after)
    if until is not None:
        condition &= Q(opened_at__lte=until)
    return condition or Q(pk__isnull=False)


@dataclass(frozen=True)
class OverduePlace:
    """A province's overdue cases and since when the oldest is due."""

    code: str
    name: str
    cases: int
    oldest_due_at: datetime.datetime


def overdue_by_province(
    *, now: datetime.datetime, province_id: int | None = None
) -> list[OverduePlace]:
    rows = Case.objects.filter(status__in=LIVE_CASE, due_at__lte=now, province__isnull=False)
    if province_id:
        rows = rows.filter(province=province_id)
    places = (
        rows.order_by()
        .values("province__code", "province__name")
        .annotate(cases=Count("pk"), oldest=Min("due_at"))
        .order_by("-cases", "oldest")[:RANKED]
    )
    return [
        OverduePlace(row["province__code"], row["province__name"], row["cases"], row["oldest"])
        for row in places
    ]


@dataclass(frozen=True)
class SiteToday:
    """A site with an open session today; `seats` are those of its open sessions."""

    public_id: uuid.UUID
    name: str
    province: str
    seats: int
    last_dose_at: datetime.datetime | None


@dataclass(frozen=True)
class SitesToday:
    """Sites with an open session today; the silent ones recorded nothing for an hour."""

    sites: Sequence[SiteToday]
    silent: Sequence[SiteToday]

    @property
    def in_session(self) -> int:
        return len(self.sites)


def sites_today(*, now: datetime.datetime, province_id: int | None = None) -> SitesToday:
    """The longest silent first; from the index of a site's doses by time."""
    start = start_of_day(day_in_vietnam(now))
    held = Session.objects.filter(
        site=OuterRef("pk"), held_on=day_in_vietnam(now), status=SessionStatus.OPEN
    )
    last = (
        Dose.objects.filter(site=OuterRef("pk"), administered_at__gte=start)
        .values("site")
        .annotate(last=Max("administered_at"))
        .values("last")
    )
    seats = held.values("site").annotate(seats=Sum("seats")).values("seats")
    sites = Site.objects.filter(Exists(held), is_active=True)
    if province_id:
        sites = sites.filter(province=province_id)
    rows = sites.annotate(open_seats=Subquery(seats), last_dose_at=Subquery(last)).values_list(
        "public_id", "name", "province__name", "open_seats", "last_dose_at"
    )
    found = sorted(
        (SiteToday(*row) for row in rows), key=lambda site: (site.last_dose_at or start, site.name)
    )
    quiet_since = now - SILENT_AFTER
    return SitesToday(
        found,
        [site for site in found if site.last_dose_at is None or site.last_dose_at < quiet_since],
    )


@dataclass(frozen=True)
class Outbox:
    """SMS that are due and not sent."""

    waiting: int
    oldest_at: datetime.datetime | None


def sms_outbox(*, now: datetime.datetime) -> Outbox:
    rows = SmsMessage.objects.filter(status=SmsStatus.WAITING, next_at__lte=now)
    found = rows.aggregate(waiting=Count("pk"), oldest_at=Min("created_at"))
    return Outbox(**found)


@dataclass(frozen=True)
class Workers:
    """Workers that showed life within a minute and a half, and the latest sign of any."""

    alive: int
    last_beat_at: datetime.datetime | None


def workers(*, now: datetime.datetime) -> Workers:
    found = WorkerHeartbeat.objects.aggregate(
        alive=Count("pk", filter=Q(beat_at__gt=now - WORKER_ALIVE)), last_beat_at=Max("beat_at")
    )
    return Workers(**found)
