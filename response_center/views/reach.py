"""Whose cases a browser may follow: those of its account, and those of a phone it has proven."""

import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from registration.models import Account
from response_center.models import Case
from response_center.selectors import (
    case_of_citizen_by_number,
    cases_of_phone,
    cases_to_follow,
)

PROOF = "support_phone"  # in the session: the phone and until when its proof holds
PROOF_HOLDS = datetime.timedelta(minutes=30)


def account_of(request: HttpRequest) -> Account | None:
    """The signed-in citizen's account; staff logins have no phone and are strangers here."""
    user = request.user
    return user if isinstance(user, Account) and user.is_active and user.phone else None


def session_key(request: HttpRequest) -> str:
    """The key that codes are bound to; makes the session where there is none yet."""
    if not request.session.session_key:
        request.session.create()
    return request.session.session_key or ""


def prove_phone(request: HttpRequest, phone: str, now: datetime.datetime) -> None:
    """A code was right: this browser may follow the phone's cases for half an hour."""
    request.session.cycle_key()
    request.session[PROOF] = {"phone": phone, "until": (now + PROOF_HOLDS).isoformat()}


def proven_phone(request: HttpRequest, now: datetime.datetime) -> str:
    """The phone whose code this browser has entered within the last half hour, or ""."""
    proof = request.session.get(PROOF) or {}
    until = parse_datetime(proof.get("until", ""))
    return proof.get("phone", "") if until is not None and now < until else ""


def cases_within_reach(request: HttpRequest, now: datetime.datetime) -> list[QuerySet[Case]]:
    rows = []
    account = account_of(request)
    if account is not None:
        rows.append(cases_to_follow(account))
    phone = proven_phone(request, now)
    if phone:
        rows.append(cases_of_phone(phone))
    return rows


def case_within_reach(request: HttpRequest, number: str, now: datetime.datetime) -> Case | None:
    """The case, if this browser may follow it; None says nothing about whether there is one."""
    found = (case_of_citizen_by_number(rows, number) for rows in cases_within_reach(request, now))
    return next((case for case in found if case is not None), None)
