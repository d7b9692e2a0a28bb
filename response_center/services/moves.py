"""What every move of a case has in common: the conditional UPDATE, its refusal, the log, the SMS.

The UPDATE names the status, and for an agent the claim, that a move starts from. Of two people
who do different things at once one succeeds, and the other is told how the case stands now.
"""

import datetime
from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.functional import Promise

from registration.models import Account
from registration.services.push import tell_of_news
from registration.services.sms import queue_sms
from response_center import exceptions
from response_center.access import may_answer, may_work
from response_center.models import LIVE_CASE, Case, CaseEvent, CaseStatus, CaseVerb
from sites.scoping import NotAllowed, posting_of
from vaxplatform import formatting
from vaxplatform.errors import DomainError

WORKED_BY_AGENTS = (CaseStatus.OPEN, CaseStatus.WITH_SITE)
FREE: dict[str, Any] = {"claimed_by": None, "claimed_until": None}


def log_event(
    *,
    case: Case,
    verb: CaseVerb,
    at: datetime.datetime,
    by: Account | None = None,
    note: str = "",
    is_public: bool = True,
) -> CaseEvent:
    """A line in the case's log. The citizen sees the verbs of public lines, and the notes of those
    that speak to them (selectors.SPEAKS_TO_CITIZEN)."""
    return CaseEvent.objects.create(
        case=case, verb=verb, at=at, by=by, note=note, is_public=is_public
    )


def tell_citizen(*, case: Case, text: str | Promise, now: datetime.datetime) -> None:
    """Queue an SMS in the citizen's language. `text` holds %(number)s and nothing medical.

    Who sent a report that was joined with this one is told too, under that report's number."""
    told: set[str] = set()
    for each in (case, *case.merged_cases.order_by("pk")):
        if each.phone and each.phone not in told:
            told.add(each.phone)
            with translation.override(each.language):
                queue_sms(phone=each.phone, text=str(text) % {"number": each.number}, now=now)
            transaction.on_commit(partial(tell_of_news, phone=each.phone, now=now), robust=True)


def first_answer(now: datetime.datetime) -> Coalesce:
    """`now`, unless somebody has answered before."""
    return Coalesce(F("first_answer_at"), Value(now))


def refusal_of(case: Case, *, agent: Account | None, now: datetime.datetime) -> DomainError:
    """Why a conditional UPDATE of this case found no row."""
    case.refresh_from_db()
    if case.status not in LIVE_CASE:
        return exceptions.CaseClosed()
    if agent is None or case.status not in WORKED_BY_AGENTS:
        return exceptions.CaseHasMoved(status=case.get_status_display())
    if case.claimed_by is None or case.claimed_until is None or case.claimed_until <= now:
        return exceptions.CaseNotClaimed()
    if case.claimed_by != agent:
        return exceptions.CaseHeld(
            holder=case.claimed_by.get_full_name(), time=formatting.clock(case.claimed_until)
        )
    return exceptions.CaseHasMoved(status=case.get_status_display())


def move(
    case: Case, rows: "QuerySet[Case]", *, agent: Account | None, now: datetime.datetime, **to: Any
) -> None:
    """UPDATE the case where `rows` holds it, else raise why not; `case` is fresh afterwards."""
    if not rows.filter(pk=case.pk).update(**to):
        raise refusal_of(case, agent=agent, now=now)
    case.refresh_from_db()


def move_held(
    case: Case,
    *,
    agent: Account,
    now: datetime.datetime,
    frm: Collection[CaseStatus] = (CaseStatus.OPEN,),
    **to: Any,
) -> None:
    """A move by the agent who holds the claim; the claim ends with it.

    Raises NotAllowed, CaseNotClaimed, CaseHeld, CaseHasMoved or CaseClosed.
    """
    if not may_work(posting_of(agent), case):
        raise NotAllowed
    rows = Case.objects.filter(claimed_by=agent, claimed_until__gt=now, status__in=frm)
    move(case, rows, agent=agent, now=now, **FREE, **to)


def move_at_site(case: Case, *, by: Account, now: datetime.datetime, **to: Any) -> None:
    """A move by the site that was asked, or its province; an agent's claim ends with it.

    Raises NotAllowed, CaseHasMoved or CaseClosed.
    """
    if not may_answer(posting_of(by), case):
        raise NotAllowed
    rows = Case.objects.filter(status=CaseStatus.WITH_SITE, site=case.site)
    move(case, rows, agent=None, now=now, **FREE, first_answer_at=first_answer(now), **to)
