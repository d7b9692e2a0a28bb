"""What the desk does by itself, sets at a time: cases that nobody has to remember.

Each round takes its rows with SKIP LOCKED, so two workers at once share the work.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, CertificateStatus, IssuanceJob, JobState
from response_center.models import (
    LIVE_CASE,
    Case,
    CaseEvent,
    CaseKind,
    CaseLevel,
    CaseStatus,
    CaseUrgency,
    CaseVerb,
)
from response_center.places import officered
from response_center.rules import LEVEL_TIME, STUCK_ANSWER_WITHIN, level_above
from response_center.services.moves import FREE, WORKED_BY_AGENTS, tell_citizen
from response_center.services.opening import free_number
from sites.models import DoseStatus

SET = 500
CERTIFICATE_IS_THERE = _(
    "Vaccination: your report %(number)s is resolved. What was missing is now in your health book."
)


def _take(rows: "QuerySet[Case]") -> list[Case]:
    """Up to a set of the rows, held until the transaction ends; those that others hold are left."""
    held = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(held.order_by("due_at")[:SET])


def _log(cases: Iterable[Case], verb: CaseVerb, at: datetime.datetime, *, is_public: bool) -> None:
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, verb=verb, at=at, by=None, is_public=is_public) for case in cases
    )


def close_answered_cases(now: datetime.datetime) -> int:
    """Resolve the cases whose dose has its live certificate, and tell the citizens; reopen those
    whose dose was voided, or whose certificate failed again. Returns how many cases moved."""
    return _resolve_certified(now) + _reopen_voided(now) + _reopen_stuck(now)


@transaction.atomic
def _resolve_certified(now: datetime.datetime) -> int:
    live = Certificate.objects.filter(dose=OuterRef("dose"), status=CertificateStatus.LIVE)
    waiting = Q(status=CaseStatus.AWAITING) | Q(
        kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE
    )
    settled = IssuanceJob.objects.filter(dose=OuterRef("dose"), state=JobState.ISSUED)
    cases = _take(Case.objects.filter(waiting, Exists(live), Exists(settled)))
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(
        status=CaseStatus.RESOLVED, closed_at=now, **FREE
    )
    _log(cases, CaseVerb.RESOLVED, now, is_public=True)
    for case in cases:
        tell_citizen(case=case, text=CERTIFICATE_IS_THERE, now=now)
    return len(cases)


@transaction.atomic
def _reopen_voided(now: datetime.datetime) -> int:
    """A confirmed dose that was taken back is missing again; a stuck one is of no concern then."""
    voided = Case.objects.filter(dose__status=DoseStatus.VOIDED)
    missing = _take(voided.filter(kind=CaseKind.NO_CERTIFICATE, status=CaseStatus.AWAITING))
    Case.objects.filter(pk__in=[case.pk for case in missing]).update(
        status=CaseStatus.OPEN, dose=None
    )
    _log(missing, CaseVerb.DOSE_VOIDED, now, is_public=False)
    stuck = _take(voided.filter(kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE))
    Case.objects.filter(pk__in=[case.pk for case in stuck]).update(
        status=CaseStatus.RESOLVED, closed_at=now, **FREE
    )
    _log(stuck, CaseVerb.DOSE_VOIDED, now, is_public=False)
    return len(missing) + len(stuck)


@transaction.atomic
def _reopen_stuck(now: datetime.datetime) -> int:
    failed = IssuanceJob.objects.filter(dose=OuterRef("dose"), state=JobState.NEEDS_REVIEW)
    cases = _take(
        Case.objects.filter(
            Exists(failed), kind=CaseKind.STUCK_CERTIFICATE, status=CaseStatus.AWAITING
        )
    )
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(status=CaseStatus.OPEN)
    _log(cases, CaseVerb.STUCK_AGAIN, now, is_public=False)
    return len(cases)


def open_cases_for_stuck_certificates(now: datetime.datetime) -> int:
    """A case at the Ministry's level for each certificate that needs a person and has none.

    Two workers at once: the constraint one_live_case_per_stuck_dose lets one of them write.
    """
    opened = 0
    while jobs := list(_stuck_without_case()[:SET]):
        written = _open_stuck(jobs, now)
        opened += written
        if not written:
            break  # another worker is writing the same set
    return opened


def _stuck_without_case() -> "QuerySet[IssuanceJob]":
    """Jobs that need a person and have no live case."""
    live = Case.objects.filter(
        dose=OuterRef("dose"), kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE
    )
    jobs = IssuanceJob.objects.filter(~Exists(live), state=JobState.NEEDS_REVIEW)
    return jobs.select_related("dose__site").order_by("pk")


@transaction.atomic
def _open_stuck(jobs: Sequence[IssuanceJob], now: datetime.datetime) -> int:
    cases = [_stuck_case(job, now) for job in jobs]
    Case.objects.bulk_create(cases, ignore_conflicts=True)
    written = list(Case.objects.filter(public_id__in=[case.public_id for case in cases]))
    _log(written, CaseVerb.OPENED, now, is_public=True)
    return len(written)


def _stuck_case(job: IssuanceJob, now: datetime.datetime) -> Case:
    return Case(
        number=free_number(),
        kind=CaseKind.STUCK_CERTIFICATE,
        level=CaseLevel.MINISTRY,
        dose=job.dose,
        citizen_id=job.dose.citizen_id,
        site=job.dose.site,
        province_id=job.dose.site.province_id,
        opened_at=now,
        due_at=now + STUCK_ANSWER_WITHIN,
    )


def escalate_overdue_cases(now: datetime.datetime) -> int:
    """Pass up the cases that nobody answered in time and nobody is working on; returns how many.

    After 48 hours from the site to its district (where somebody is posted there), else to the
    province, else to the Ministry; each of these has a day before the next. A case at a site comes
    back to the desk with it. What is over its 48 hours is taken before what is not.
    """
    _hurry_overdue(now)
    return _pass_up(now)


def _hurry_overdue(now: datetime.datetime) -> None:
    late = Case.objects.filter(due_at__lte=now, status__in=LIVE_CASE, urgency__gt=CaseUrgency.HIGH)
    late.update(urgency=CaseUrgency.HIGH)


@transaction.atomic
def _pass_up(now: datetime.datetime) -> int:
    unheld = Q(claimed_until=None) | Q(claimed_until__lte=now)
    steps = CaseEvent.objects.filter(case=OuterRef("pk"), verb=CaseVerb.ESCALATED)
    last_step = steps.order_by("-at").values("at")[:1]
    rows = Case.objects.filter(unheld, due_at__lte=now, status__in=WORKED_BY_AGENTS).annotate(
        here_since=Greatest("due_at", Coalesce(Subquery(last_step), "due_at"))
    )
    over = Q(level=CaseLevel.SITE) | Q(
        level__in=(CaseLevel.DISTRICT, CaseLevel.PROVINCE), here_since__lte=now - LEVEL_TIME
    )
    cases = _take(rows.filter(over))
    staffed = officered({case.district_id for case in cases if case.district_id})
    for case in cases:
        above = level_above(
            case.level,
            has_province=case.province_id is not None,
            has_district=case.district_id in staffed,
        )
        case.level = above or CaseLevel.MINISTRY
        case.status = CaseStatus.OPEN
        case.claimed_by = case.claimed_until = None
    Case.objects.bulk_update(cases, ["level", "status", "claimed_by", "claimed_until"])
    _log(cases, CaseVerb.ESCALATED, now, is_public=True)
    return len(cases)
