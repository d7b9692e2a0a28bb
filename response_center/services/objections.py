"""An answer is not the last word: the person may object once, to the next level."""

import datetime

from django.db import transaction
from django.db.models import F

from response_center import exceptions
from response_center.models import Case, CaseKind, CaseLevel, CaseStatus, CaseVerb
from response_center.places import has_district_officer
from response_center.rules import ANSWER_WITHIN, level_above, urgency_of
from response_center.services.moves import FREE, log_event

OBJECT_WITHIN = datetime.timedelta(days=30)  # an answer is final after that
ANSWERED = (CaseStatus.REJECTED, CaseStatus.RESOLVED)


def may_object(case: Case, now: datetime.datetime) -> bool:
    """Whether the person may object to the answer that closed the case."""
    return (
        case.status in ANSWERED
        and case.kind != CaseKind.STUCK_CERTIFICATE
        and case.objected_at is None
        and case.closed_at is not None
        and now - case.closed_at <= OBJECT_WITHIN
    )


@transaction.atomic
def object_to(*, case: Case, words: str, now: datetime.datetime) -> Case:
    """The case is open again, one level up, before others, with 48 hours from now; once.

    Above the Ministry there is nobody: there somebody else looks at it. Raises WordsMissing,
    AlreadyObjected or NotToObjectTo.
    """
    if not words.strip():
        raise exceptions.WordsMissing
    held = Case.objects.select_for_update(no_key=True, of=("self",))
    fresh: Case = held.get(pk=case.pk)
    if fresh.objected_at is not None:
        raise exceptions.AlreadyObjected
    if not may_object(fresh, now):
        raise exceptions.NotToObjectTo(days=OBJECT_WITHIN.days)
    above = level_above(
        fresh.level,
        has_province=fresh.province_id is not None,
        has_district=has_district_officer(fresh),
    )
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.OPEN,
        level=above or CaseLevel.MINISTRY,
        urgency=min(fresh.urgency, urgency_of(fresh.kind, is_objection=True)),
        due_at=now + ANSWER_WITHIN,
        closed_at=None,
        rejection_reason="",
        objected_at=now,
        reopened=F("reopened") + 1,
        **FREE,
    )
    case.refresh_from_db()
    log_event(case=case, verb=CaseVerb.OBJECTED, at=now, note=words.strip())
    return case
