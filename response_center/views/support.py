"""/support/: what the records say already, then the report, then the case to follow."""

import datetime
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from registration.forms import CodeForm
from registration.models import CodePurpose
from registration.services.codes import check_code, send_code
from response_center.diagnosis import diagnose
from response_center.exceptions import AlreadyReported
from response_center.forms.report import FollowForm, ReportForm
from response_center.models import Case, CaseKind
from response_center.services.opening import Report, check_report, open_case
from response_center.views import show
from response_center.views.reach import (
    account_of,
    case_within_reach,
    cases_within_reach,
    prove_phone,
    proven_phone,
    session_key,
)
from vaxplatform.components import steps
from vaxplatform.errors import DomainError, add_to_form

DRAFT = "support_report"  # in the session: the kind and the typed report, until its phone is proven
FOLLOWED = "support_follow"  # in the session: the phone and number that somebody asks to follow
STEPS = (_("What it is about"), _("What happened"), _("Your phone"))

KINDS_BY_SLUG = {
    kind.replace("_", "-"): kind for kind in CaseKind if kind != CaseKind.STUCK_CERTIFICATE
}


def _steps(request: HttpRequest, at: int) -> list[Any]:
    return steps(STEPS[:2] if account_of(request) else STEPS, at=at)


@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """What we know already, and the kinds of report."""
    now = timezone.now()
    account = account_of(request)
    context = {
        "account": account,
        "answers": show.short_answers(account, now) if account else [],
        "kinds": show.kinds(KINDS_BY_SLUG),
        "known": urlencode(show.known_in_query(request)),
        "followed": [
            show.case_line(case) for rows in cases_within_reach(request, now) for case in rows[:5]
        ],
    }
    return render(request, "response_center/support.html", context)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, kind: str) -> HttpResponse:
    """The form for one kind of report."""
    if kind not in KINDS_BY_SLUG:
        raise Http404
    now = timezone.now()
    account = account_of(request)
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        kind=KINDS_BY_SLUG[kind],
        account=account,
        now=now,
        initial=show.known_beforehand(request),
    )
    if request.method == "POST" and form.is_valid():
        answer = _send(request, form, kind, now)
        if answer is not None:
            return answer
    context = {
        "form": form,
        "kind": show.kind_title(KINDS_BY_SLUG[kind]),
        "is_reaction": KINDS_BY_SLUG[kind] == CaseKind.REACTION,
        "account": account,
        "steps": _steps(request, 2),
    }
    return render(request, "response_center/report.html", context)


def _send(
    request: HttpRequest, form: ReportForm, kind: str, now: datetime.datetime
) -> HttpResponse | None:
    """Open the case, or ask for the phone's code first; None where the form must be shown again."""
    account = account_of(request)
    told = form.report()
    try:
        check_report(report=told, by=account, now=now)
        if account is None and proven_phone(request, now) != told.phone:
            send_code_to(request, told.phone, now)
            request.session[DRAFT] = {"kind": kind, "data": request.POST.urlencode()}
            return redirect("response_center:confirm")
        return _open(request, told, now)
    except DomainError as refusal:
        add_to_form(form, refusal)
        return None


def _open(request: HttpRequest, told: Report, now: datetime.datetime) -> HttpResponse:
    """Open the case and go to it; the same report again leads to the case that there is."""
    if told.kind == CaseKind.NO_CERTIFICATE:
        guess = diagnose(citizen=told.citizen, site=told.site, day=told.administered_on, now=now)
        told = replace(told, cause=guess.cause)
    try:
        case = open_case(report=told, by=account_of(request), now=now)
    except AlreadyReported as refusal:
        messages.info(request, refusal.detail)
        return redirect("response_center:case", number=refusal.number)
    return _opened(request, case)


def _opened(request: HttpRequest, case: Case) -> HttpResponse:
    messages.success(
        request, gettext("We have your report. Its number is %(number)s.") % {"number": case.number}
    )
    return redirect("response_center:case", number=case.number)


def send_code_to(request: HttpRequest, phone: str, now: datetime.datetime) -> None:
    send_code(
        phone=phone,
        purpose=CodePurpose.FOLLOW_CASE,
        session_key=session_key(request),
        now=now,
        language=request.LANGUAGE_CODE or "vi",
    )


def prove_by_code(request: HttpRequest, phone: str, code: str, now: datetime.datetime) -> None:
    """Use the code up; from now on this browser may follow the phone's cases."""
    check_code(
        phone=phone,
        purpose=CodePurpose.FOLLOW_CASE,
        session_key=session_key(request),
        code=code,
        now=now,
    )
    prove_phone(request, phone, now)


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The code that proves the phone of a report; the report waits in the session."""
    draft = request.session.get(DRAFT)
    if not draft or draft.get("kind") not in KINDS_BY_SLUG:
        return redirect("response_center:support")
    now = timezone.now()
    told = ReportForm(
        QueryDict(draft["data"]), kind=KINDS_BY_SLUG[draft["kind"]], account=None, now=now
    )
    if not told.is_valid():
        return redirect("response_center:report", kind=draft["kind"])
    phone = told.cleaned_data["phone"]
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        _send_again(request, phone, now)
    elif request.method == "POST" and form.is_valid():
        try:
            prove_by_code(request, phone, form.cleaned_data["code"], now)
            answer = _open(request, told.report(), now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session.pop(DRAFT, None)
            return answer
    context = {
        "form": form,
        "phone": show.masked(phone),
        "steps": _steps(request, 3),
        "back": draft["kind"],
    }
    return render(request, "response_center/confirm.html", context)


def _send_again(request: HttpRequest, phone: str, now: datetime.datetime) -> None:
    try:
        send_code_to(request, phone, now)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, gettext("A new code is on its way."))


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for the code that opens the cases of a phone.

    The code goes to the typed phone whether or not it has cases: the answer to a number that
    exists and to one that does not is the same until the phone is proven.
    """
    now = timezone.now()
    form = FollowForm(
        request.POST if request.method == "POST" else None,
        initial={"number": request.GET.get("number", "")[:12]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            send_code_to(request, form.cleaned_data["phone"], now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session[FOLLOWED] = {
                "phone": form.cleaned_data["phone"],
                "number": form.cleaned_data["number"],
            }
            return redirect("response_center:follow_code")
    return render(request, "response_center/follow.html", {"form": form})


@require_http_methods(["GET", "POST"])
def follow_code(request: HttpRequest) -> HttpResponse:
    """The code of the phone whose cases somebody asks to follow."""
    asked = request.session.get(FOLLOWED)
    if not asked:
        return redirect("response_center:follow")
    now = timezone.now()
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        _send_again(request, asked["phone"], now)
    elif request.method == "POST" and form.is_valid():
        try:
            prove_by_code(request, asked["phone"], form.cleaned_data["code"], now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return _follow_proven(request, asked, now)
    context = {"form": form, "phone": show.masked(asked["phone"]), "back": ""}
    return render(request, "response_center/confirm.html", context)


def _follow_proven(
    request: HttpRequest, asked: dict[str, str], now: datetime.datetime
) -> HttpResponse:
    del request.session[FOLLOWED]
    number = asked["number"]
    if number and case_within_reach(request, number, now):
        return redirect("response_center:case", number=number)
    if number:
        text = gettext("No report with the number %(number)s was sent from this phone.")
        messages.warning(request, text % {"number": number})
    return redirect("response_center:cases")


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The cases that this browser may follow."""
    now = timezone.now()
    if account_of(request) is None and not proven_phone(request, now):
        return redirect("response_center:follow")
    found = {case.pk: case for rows in cases_within_reach(request, now) for case in rows[:50]}
    context = {"cases": [show.case_line(case) for case in found.values()]}
    return render(request, "response_center/cases.html", context)


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case. Without a right to it, a known and an unknown number are answered alike."""
    now = timezone.now()
    found = case_within_reach(request, number, now)
    if found is None:
        response = redirect("response_center:follow")
        response["Location"] += "?" + QueryDict(f"number={number}").urlencode()
        return response
    return render(request, "response_center/case.html", show.case_page(found, now))
