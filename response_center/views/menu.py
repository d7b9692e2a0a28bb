"""The response centre in the staff's menu."""

from django.http import HttpRequest
from django.utils import timezone

from registration.models import Account
from response_center.access import OFFICERS
from response_center.selectors import Queue, cases_in_reach, in_queue, queues_of
from response_center.selectors.corrections import to_decide
from response_center.selectors.people import PairFilters, pairs_for_a_second
from sites.rights import ANSWER_CASES, CHECK_IDENTITY, SEE_BOARD, WORK_CASES
from sites.scoping import posting_of
from vaxplatform import formatting
from vaxplatform.rights import may

SHOWN_AT_MOST = 999


def may_see_cases(request: HttpRequest) -> bool:
    return any(may(request.user, action) for action in (WORK_CASES, ANSWER_CASES, SEE_BOARD))


def may_see_board(request: HttpRequest) -> bool:
    return may(request.user, SEE_BOARD)


def may_work_cases(request: HttpRequest) -> bool:
    """Whoever may decide corrections: agents, and the officers of districts and provinces."""
    posting = posting_of(request.user)
    return posting is not None and (may(request.user, WORK_CASES) or posting.role in OFFICERS)


def corrections_to_decide(request: HttpRequest) -> str:
    """How many corrections wait for a second person."""
    posting = posting_of(request.user)
    count = to_decide(posting).order_by()[: SHOWN_AT_MOST + 1].count() if posting else 0
    return "" if not count else formatting.number(count)


def waiting_cases(request: HttpRequest) -> str:
    """How many cases wait for this login: the first list of its queue."""
    posting = posting_of(request.user)
    if posting is None or not isinstance(request.user, Account):
        return ""
    queue: Queue = queues_of(posting)[0]
    rows = in_queue(cases_in_reach(posting), queue, account=request.user, now=timezone.now())
    count = rows.order_by()[: SHOWN_AT_MOST + 1].count()
    return "" if not count else formatting.number(count)


def may_judge_pairs(request: HttpRequest) -> bool:
    return may(request.user, WORK_CASES)


def pairs_to_decide(request: HttpRequest) -> str:
    """How many pairs of records wait for a second person."""
    count = pairs_for_a_second(PairFilters()).order_by()[: SHOWN_AT_MOST + 1].count()
    return "" if not count else formatting.number(count)


def may_check_identity(request: HttpRequest) -> bool:
    return may(request.user, CHECK_IDENTITY)
