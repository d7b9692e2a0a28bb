"""The command board's figures: each one aggregate over what an index bounds, none over all doses.

`province_id` empty means the whole country.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import ExtractHour

from certificates.models import PROMISED, IssuanceJob, JobState, WorkerHeartbeat
from registration.models import SmsMessage, SmsStatus
from response_center.models import LIVE_CASE, Case, CaseKind
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


def doses_today(*, now: datetime.datetime, province_id: int | None = None) -> DosesToday:
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
    """Live cases: by kind (most first), by age in hours (AGES_HOURS, the last one open)."""

    total: int
    overdue: int
    by_kind: list[tuple[str, int]]
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
    kinds = rows.order_by().values("kind").annotate(cases=Count("pk")).order_by("-cases", "kind")
    return OpenCases(
        total=found["total"],
        overdue=found["overdue"],
        by_kind=[(str(CaseKind(row["kind"]).label), row["cases"]) for row in kinds],
        by_age=[found[f"age_{n}"] for n in range(len(newer))],
    )


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
class Backlog:
    """Doses that a province reported and nobody has recorded yet."""

    code: str
    name: str
    unrecorded: int


def backlog_by_province(*, province_id: int | None = None) -> list[Backlog]:
    """Reported doses less those on record that the reports cover, the largest first.

    The portal's rollup is read by its table: the two apps are siblings and import nothing of one
    another. The figure is the portal's `unrecorded`.
    """
    days = apps.get_model("public_portal", "ProvinceDay")._default_manager.filter(
        reported__isnull=False
    )
    if province_id:
        days = days.filter(province=province_id)
    sums = (
        days.order_by()
        .values("province__code", "province__name")
        .annotate(unrecorded=Sum(F("reported") - F("covered")))
        .order_by("-unrecorded")
    )
    return [
        Backlog(row["province__code"], row["province__name"], row["unrecorded"]) for row in sums
    ]


@dataclass(frozen=True)
class SilentSite:
    """A site with an open session that has recorded nothing for an hour."""

    name: str
    province: str
    last_dose_at: datetime.datetime | None


@dataclass(frozen=True)
class SitesToday:
    """Sites with an open session today; the silent ones among them, longest silent first."""

    in_session: int
    silent: Sequence[SilentSite]


def sites_today(*, now: datetime.datetime, province_id: int | None = None) -> SitesToday:
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
    sites = Site.objects.filter(Exists(held), is_active=True)
    if province_id:
        sites = sites.filter(province=province_id)
    rows = sites.annotate(last_dose_at=Subquery(last)).values_list(
        "name", "province__name", "last_dose_at"
    )
    quiet_since = now - SILENT_AFTER
    silent = [SilentSite(*row) for row in rows if row[2] is None or row[2] < quiet_since]
    silent.sort(key=lambda site: site.last_dose_at or start)
    return SitesToday(in_session=len(rows), silent=silent)


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
