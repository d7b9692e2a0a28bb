"""/staff/cases/new/: an agent on the telephone finds the caller, reads out how it stands, and
writes the report down. Three steps by POST, so that nothing of a person stands in an address.
"""

import datetime
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registration.forms.fields import plain_phone
from registration.models import Citizen
from response_center.diagnosis import diagnose
from response_center.forms.hotline import CallerForm, HotlineReportForm, KindForm
from response_center.models import CaseKind
from response_center.selectors import live_cases_of
from response_center.services.hotline import open_by_telephone, people_of_caller
from response_center.views import show
from response_center.views.desk import frame_of
from sites.rights import WORK_CASES, staff_page
from vaxplatform.errors import DomainError, add_to_form

STEPS = ("look", "kind", "send")
PAGE = "response_center/staff/hotline.html"


@staff_page(WORK_CASES)
@never_cache
@require_http_methods(["GET", "POST"])
def new_case(request: Any) -> HttpResponse:
    """Find the caller, choose what it is about, write it down."""
    step = request.POST.get("step", "")
    if request.method == "GET" or step not in STEPS:
        return _show(request, form=CallerForm())
    caller = CallerForm(request.POST)
    if not caller.is_valid():
        return _show(request, form=caller)
    now = timezone.now()
    try:
        people = people_of_caller(
            **{name: caller.cleaned_data[name] for name in ("full_name", "date_of_birth", "phone")},
            agent=request.user,
            now=now,
        )
    except DomainError as refusal:
        add_to_form(caller, refusal)
        return _show(request, form=caller)
    return _with_caller(request, caller, people, step, now)


def _with_caller(
    request: Any, caller: CallerForm, people: list[Citizen], step: str, now: datetime.datetime
) -> HttpResponse:
    told = {
        "carried": _carried(request, caller),
        "told": caller.cleaned_data,
        "phone": plain_phone(caller.cleaned_data["phone"]),
        "people": [_told_about(citizen, now) for citizen in people],
    }
    kind = KindForm(request.POST if step != "look" else None)
    if not kind.is_valid():
        return _show(request, form=kind, is_kind=True, **told)
    chosen = kind.cleaned_data["kind"]
    form = HotlineReportForm(
        request.POST if step == "send" else None,
        kind=chosen,
        now=now,
        caller=caller.cleaned_data,
    )
    if step == "send" and form.is_valid():
        try:
            about = people[0] if len(people) == 1 else None
            report = form.report_on(about)
            found = diagnose(citizen=about, now=now, site=report.site, day=report.administered_on)
            report = replace(report, cause=found.cause)
            case = open_by_telephone(report=report, agent=request.user, now=now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(
                request,
                gettext("Report %(number)s is open, and yours for 15 minutes. Tell the caller the "
                        "number.") % {"number": case.number},
            )  # fmt: skip
            return redirect("response_center_staff:case", number=case.number)
    return _show(
        request, form=form, kind=chosen, kind_title=CaseKind(chosen).label, is_report=True, **told
    )


def _carried(request: Any, caller: CallerForm) -> list[tuple[str, str]]:
    """What the caller said, as typed, for the hidden fields of the next step."""
    names = [
        f"{name}_{part}" if part else name
        for name, field in caller.fields.items()
        for part in getattr(field.widget, "parts", ("",))
    ]
    return [(name, request.POST.get(name, "")) for name in names]


def _told_about(citizen: Citizen, now: datetime.datetime) -> dict[str, Any]:
    """What may be read out: how each dose stands, and the reports that are open."""
    return {
        "name": citizen.full_name,
        "findings": diagnose(citizen=citizen, now=now).findings,
        "cases": [show.case_line(case) for case in live_cases_of(citizen)],
    }


def _show(request: Any, **context: Any) -> HttpResponse:
    return render(request, PAGE, {**context, **frame_of(request.posting)})
