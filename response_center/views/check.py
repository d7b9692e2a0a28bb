"""/support/check/: without an account, the machine's own answer first.

It speaks only after the code of the phone, and only of records that have this phone. Until the code
is right a person who is on record and one who is not are answered alike; after it too, where the
phone is another one.
"""

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from registration.forms import CodeForm
from registration.sealed_session import keep_sealed, kept_sealed
from registration.services.access import AccessPurpose, log_access
from response_center.diagnosis import diagnose
from response_center.forms.check import CheckForm
from response_center.selectors.own_records import person_of_phone
from response_center.views import show
from response_center.views.reach import proven_phone
from response_center.views.support import prove_by_code, send_code_to
from vaxplatform.errors import DomainError, add_to_form

ASKED = "support_check"  # in the session: what was typed, until the answer was shown


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Who was vaccinated, and the phone; then its code."""
    now = timezone.now()
    form = CheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        if proven_phone(request, now) == phone:
            return _answer(request, form.cleaned_data, now)
        try:
            send_code_to(request, phone, now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            keep_sealed(request.session, ASKED, request.POST.urlencode())
            return redirect("response_center:check_code")
    return render(request, "response_center/mine/check.html", {"form": form})


@require_http_methods(["GET", "POST"])
def check_code(request: HttpRequest) -> HttpResponse:
    """The code of that phone; the answer follows it."""
    told = CheckForm(QueryDict(kept_sealed(request.session, ASKED)))
    if not told.is_valid():
        return redirect("response_center:check")
    now = timezone.now()
    phone = told.cleaned_data["phone"]
    if proven_phone(request, now) == phone:
        return _answer(request, told.cleaned_data, now)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        try:
            send_code_to(request, phone, now)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, gettext("A new code is on its way."))
    elif request.method == "POST" and form.is_valid():
        try:
            prove_by_code(request, phone, form.cleaned_data["code"], now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("response_center:check_code")
    context = {"form": form, "phone": show.masked(phone), "back": ""}
    return render(request, "response_center/confirm.html", context)


def _answer(request: HttpRequest, told: dict[str, Any], now: datetime.datetime) -> HttpResponse:
    citizen = person_of_phone(
        full_name=told["full_name"], date_of_birth=told["date_of_birth"], phone=told["phone"]
    )
    diagnosis = diagnose(
        citizen=citizen, site=told["chosen_site"], day=told.get("administered_on"), now=now
    )
    if citizen is not None:
        log_access(citizen=citizen, account=None, purpose=AccessPurpose.OWN_PHONE)
    context = {"diagnosis": diagnosis, "name": told["full_name"]}
    return render(request, "response_center/mine/answer.html", context)
