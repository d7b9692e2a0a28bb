"""Reports of the same thing: joined into one that goes on, and taken apart again."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from registration.models import Account
from response_center import exceptions
from response_center.access import may_work
from response_center.models import LIVE_CASE, Case, CaseKind, CaseStatus, CaseVerb
from response_center.services.correction_ends import end_corrections
from response_center.services.moves import FREE, WORKED_BY_AGENTS, log_event, refusal_of
from sites.scoping import NotAllowed, posting_of


@transaction.atomic
def merge_cases(*, cases: Sequence[Case], into: Case, by: Account, now: datetime.datetime) -> Case:
    """Join `cases` with `into`, which `by` holds; their senders get its answers. The earliest time
    promised and the highest urgency stay.

    Raises NothingToJoin, NotTheSameReport (of another person and another phone, or a stuck
    certificate), NotAllowed, CaseNotClaimed, CaseHeld, CaseHasMoved or CaseClosed.
    """
    ids = {case.pk for case in cases} - {into.pk}
    if not ids:
        raise exceptions.NothingToJoin
    held = Case.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    rows = {case.pk: case for case in held.filter(pk__in=(*ids, into.pk))}
    kept = rows.pop(into.pk)
    _require_claim(kept, by=by, now=now)
    for case in rows.values():
        _require_joinable(case, kept, by=by, now=now)
    urgency = min(case.urgency for case in (kept, *rows.values()))
    due_at = min(case.due_at for case in (kept, *rows.values()))
    Case.objects.filter(pk=kept.pk).update(urgency=urgency, due_at=due_at)
    Case.objects.filter(merged_into__in=rows).update(merged_into=kept)
    Case.objects.filter(pk__in=rows).update(
        status=CaseStatus.MERGED, merged_into=kept, closed_at=now, **FREE
    )
    for case in rows.values():
        end_corrections(case=case, now=now)
        log_event(case=case, verb=CaseVerb.MERGED, at=now, by=by, note=kept.number)
        log_event(case=kept, verb=CaseVerb.MERGED, at=now, by=by, note=case.number, is_public=False)
    into.refresh_from_db()
    return into


def _require_claim(case: Case, *, by: Account, now: datetime.datetime) -> None:
    if not may_work(posting_of(by), case):
        raise NotAllowed
    is_held = case.claimed_by_id == by.pk and case.claimed_until and case.claimed_until > now
    if case.status not in WORKED_BY_AGENTS or not is_held:
        raise refusal_of(case, agent=by, now=now)


def _require_joinable(case: Case, kept: Case, *, by: Account, now: datetime.datetime) -> None:
    if not may_work(posting_of(by), case):
        raise NotAllowed
    others = case.claimed_by_id not in (None, by.pk)
    if case.status not in LIVE_CASE or (others and case.claimed_until and case.claimed_until > now):
        raise refusal_of(case, agent=by, now=now)
    if case.status == CaseStatus.AWAITING:  # its dose is found: it ends by itself
        raise exceptions.CaseHasMoved(status=case.get_status_display())
    same_person = case.citizen_id is not None and case.citizen_id == kept.citizen_id
    same_phone = bool(case.phone) and case.phone == kept.phone
    stuck = CaseKind.STUCK_CERTIFICATE in (case.kind, kept.kind)
    if stuck or not (same_person or same_phone):
        raise exceptions.NotTheSameReport(number=case.number)


@transaction.atomic
def split_case(*, case: Case, by: Account, now: datetime.datetime) -> Case:
    """Take a joined report out again: it is open, with the time it was promised at first.

    Raises NotAllowed or CaseNotJoined.
    """
    if not may_work(posting_of(by), case):
        raise NotAllowed
    kept = case.merged_into
    taken = Case.objects.filter(pk=case.pk, status=CaseStatus.MERGED).update(
        status=CaseStatus.OPEN, merged_into=None, closed_at=None, reopened=F("reopened") + 1
    )
    if not taken or kept is None:
        raise exceptions.CaseNotJoined
    case.refresh_from_db()
    log_event(case=case, verb=CaseVerb.SPLIT, at=now, by=by, note=kept.number)
    log_event(case=kept, verb=CaseVerb.SPLIT, at=now, by=by, note=case.number, is_public=False)
    return case
