"""One answer to many cases with one cause: a site's backlog, a bad lot, an outage."""

import datetime
import uuid

from django.db import transaction
from django.db.models import Q, QuerySet

from registration.models import Account
from response_center import exceptions
from response_center.access import may_work
from response_center.models import BulkAnswer, Case, CaseEvent, CaseKind, CaseStatus, CaseVerb
from response_center.services.answers import fill
from response_center.services.cases import CASE_HAS_NEWS, CASE_IS_RESOLVED
from response_center.services.moves import FREE, WORKED_BY_AGENTS, first_answer, tell_citizen
from sites.scoping import NotAllowed, posting_of

ANSWERED_AT_ONCE = 2_000


def answerable(cases: "QuerySet[Case]", *, by: Account, now: datetime.datetime) -> "QuerySet[Case]":
    """Those of `cases` that an answer to many may go to: live, in nobody else's hands, and not
    about a stuck certificate, which words do not mend."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_by=by)
    rows = cases.filter(free, status__in=WORKED_BY_AGENTS)
    return rows.exclude(kind=CaseKind.STUCK_CERTIFICATE)


@transaction.atomic
def answer_many(
    *,
    cases: "QuerySet[Case]",
    cause: str,
    text_vi: str,
    text_en: str,
    closes: bool,
    by: Account,
    now: datetime.datetime,
    key: uuid.UUID | None = None,
) -> BulkAnswer:
    """Write the text, in each person's language and with each case's facts, to the `answerable` of
    `cases`; `closes` resolves them. `key` names the answer: the same again is sent once only.

    Raises WordsMissing, ReasonMissing (no cause), NotAllowed, NobodyToAnswer or TooManyToAnswer.
    """
    _require_words(cause=cause, text_vi=text_vi, text_en=text_en)
    key = key or uuid.uuid4()
    answer, is_new = BulkAnswer.objects.get_or_create(
        public_id=key,
        defaults={
            "cause": cause,
            "text_vi": text_vi.strip(),
            "text_en": text_en.strip(),
            "closes": closes,
            "answered_by": by,
            "answered_at": now,
        },
    )
    if not is_new:
        return answer
    rows = _take(cases, by=by, now=now)
    to = {"status": CaseStatus.RESOLVED, "closed_at": now, **FREE} if closes else {}
    Case.objects.filter(pk__in=[case.pk for case in rows]).update(
        cause=cause, first_answer_at=first_answer(now), **to
    )
    answer.cases.set(rows)
    _write(rows, answer)
    return answer


def _require_words(*, cause: str, text_vi: str, text_en: str) -> None:
    if not cause:
        raise exceptions.ReasonMissing(field="cause")
    for field, text in (("text_vi", text_vi), ("text_en", text_en)):
        if not text.strip():
            raise exceptions.WordsMissing(field=field)


def _take(cases: "QuerySet[Case]", *, by: Account, now: datetime.datetime) -> list[Case]:
    """The cases, held until the transaction ends; what somebody else moves this moment is left."""
    found = answerable(cases, by=by, now=now).order_by("pk")
    held = found.select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = list(held[: ANSWERED_AT_ONCE + 1])
    if not rows:
        raise exceptions.NobodyToAnswer
    if len(rows) > ANSWERED_AT_ONCE:
        raise exceptions.TooManyToAnswer(limit=ANSWERED_AT_ONCE)
    posting = posting_of(by)
    if not all(may_work(posting, case) for case in rows):
        raise NotAllowed
    return rows


def _write(rows: list[Case], answer: BulkAnswer) -> None:
    verb = CaseVerb.RESOLVED if answer.closes else CaseVerb.INFORMED
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case=case,
            verb=verb,
            at=answer.answered_at,
            by=answer.answered_by,
            note=_text_for(case, answer),
        )
        for case in rows
    )
    for case in rows:
        sms = CASE_IS_RESOLVED if answer.closes else CASE_HAS_NEWS
        tell_citizen(case=case, text=sms, now=answer.answered_at)


def _text_for(case: Case, answer: BulkAnswer) -> str:
    if case.language == "en":
        return fill(answer.text_en, case, "en")
    return fill(answer.text_vi, case, "vi")
