"""What each role may do: one table, read by every page, form and API of every app.

Where a role may do it (its site, its province, the nation) is `sites.scoping`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from registration.models import Account
from sites.models import Role, Site, StaffPosting
from sites.scoping import NotAllowed, posting_of

SEE_RECORDS = "see_records"  # read visits, doses, lots and sessions in the admin forms
CHECK_IN = "check_in"
SCREEN = "screen"
GIVE_DOSE = "give_dose"
OBSERVE = "observe"
REPORT_AEFI = "report_aefi"
SEE_AEFI = "see_aefi"
SEND_AEFI = "send_aefi"  # mark an adverse event as sent on to the ministry
ENTER_PAPER = "enter_paper"
TAKE_OVER_SHEETS = "take_over_sheets"  # go on typing a paper list that somebody else began
SEE_TYPISTS = "see_typists"  # how often whose cells of paper lists were decided otherwise
PLAN_SESSIONS = "plan_sessions"
MANAGE_STOCK = "manage_stock"
RECALL_LOTS = "recall_lots"
VOID_DOSE = "void_dose"
MANAGE_SITES = "manage_sites"
MANAGE_STAFF = "manage_staff"  # postings and API clients
EDIT_RULES = "edit_rules"  # vaccines, intervals, screening forms
CHECK_IDENTITY = "check_identity"  # lists for the population database, and their answers
FIND_CITIZENS = "find_citizens"
BROWSE_CITIZENS = "browse_citizens"  # read any person's record in the admin forms, logged
WORK_CASES = "work_cases"
ANSWER_CASES = "answer_cases"  # a site answers what the response centre asks it
SEE_BOARD = "see_board"
SEE_WAITS = "see_waits"  # how long certificates took, and which are stuck
LOAD_REPORTS = "load_reports"
REVOKE_CERTIFICATE = "revoke_certificate"
SEE_LOGS = "see_logs"

OF_THIS_PAGE = "_posting_of_this_page"  # on the user of one request

_DESK = {
    SEE_RECORDS,
    CHECK_IN,
    OBSERVE,
    REPORT_AEFI,
    SEE_AEFI,
    FIND_CITIZENS,
    ANSWER_CASES,
}

MAY: dict[Role, frozenset[str]] = {
    Role.SITE_RECORDER: frozenset({*_DESK, GIVE_DOSE, ENTER_PAPER}),
    Role.SITE_DOCTOR: frozenset({*_DESK, SCREEN, GIVE_DOSE}),
    Role.SITE_MANAGER: frozenset(
        {
            *_DESK,
            SCREEN,
            GIVE_DOSE,
            ENTER_PAPER,
            TAKE_OVER_SHEETS,
            SEE_TYPISTS,
            PLAN_SESSIONS,
            MANAGE_STOCK,
            VOID_DOSE,
            SEE_WAITS,
        }
    ),
    Role.DISTRICT_OFFICER: frozenset({SEE_RECORDS, SEE_AEFI, FIND_CITIZENS, ANSWER_CASES}),
    Role.PROVINCE_OFFICER: frozenset(
        {
            SEE_RECORDS,
            SEE_AEFI,
            SEND_AEFI,
            FIND_CITIZENS,
            PLAN_SESSIONS,
            MANAGE_STOCK,
            VOID_DOSE,
            MANAGE_SITES,
            ANSWER_CASES,
            CHECK_IDENTITY,
            SEE_BOARD,
            SEE_WAITS,
            LOAD_REPORTS,
        }
    ),
    Role.NATIONAL_OFFICER: frozenset(
        {
            SEE_RECORDS,
            SEE_AEFI,
            SEND_AEFI,
            FIND_CITIZENS,
            BROWSE_CITIZENS,
            PLAN_SESSIONS,
            RECALL_LOTS,
            MANAGE_SITES,
            EDIT_RULES,
            CHECK_IDENTITY,
            SEE_BOARD,
            SEE_WAITS,
            LOAD_REPORTS,
            REVOKE_CERTIFICATE,
        }
    ),
    Role.AGENT: frozenset({SEE_RECORDS, FIND_CITIZENS, BROWSE_CITIZENS, WORK_CASES, SEE_BOARD}),
    Role.AUDITOR: frozenset({SEE_RECORDS, BROWSE_CITIZENS, SEE_BOARD, SEE_LOGS}),
    Role.ADMIN: frozenset({SEE_RECORDS, MANAGE_SITES, MANAGE_STAFF, EDIT_RULES, SEE_BOARD}),
}


def role_allows(account: Any, action: str) -> bool:
    """The rule that `vaxplatform.rights.may` asks: the posting's role has the action.

    A page asks it for every line of the menu: it is answered from what `staff_page` has just read.
    Services ask `posting_of` anew.
    """
    posting = getattr(account, OF_THIS_PAGE, None) or posting_of(account)
    return posting is not None and action in MAY[Role(posting.role)]


def require_action(account: Any, action: str) -> StaffPosting:
    """The account's posting if its role has the action; raises NotAllowed otherwise."""
    posting = posting_of(account)
    if posting is None or action not in MAY[Role(posting.role)]:
        raise NotAllowed
    return posting


View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request that passed `staff_page`: views behind it name this type."""

    posting: StaffPosting
    user: Account


def own_site(request: StaffRequest) -> Site:
    """The site of a posting at a site, which all who work in sessions have."""
    if request.posting.site is None:
        raise PermissionDenied
    return request.posting.site


def staff_page(*actions: str) -> Callable[[View], View]:
    """Only staff whose role has one of the actions; strangers go to the sign-in page.

    The view finds the posting as `request.posting`. Asked anew with each request, so a login
    that was disabled or moved a moment ago has no more rights than the database says.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            posting = posting_of(request.user)
            if posting is None:
                return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
            if not MAY[Role(posting.role)].intersection(actions):
                raise PermissionDenied
            request.posting = posting  # type: ignore[attr-defined]
            setattr(request.user, OF_THIS_PAGE, posting)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
