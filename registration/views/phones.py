"""The phones that see a record, and a new number for the household."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from registration.forms import CodeForm
from registration.forms.own_record import NewNumberForm
from registration.models import Account, CodePurpose
from registration.services.codes import CodeSentRecently, check_code, send_code
from registration.services.phones import (
    SameNumber,
    end_phone,
    may_end,
    memberships_of,
    move_to_number,
    put_on_record,
)
from registration.views.account import BACKEND
from registration.views.guards import (
    SIGNED_IN_FOR,
    account_of,
    member_or_404,
    phone_required,
    posted,
    session_key,
)
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import mask_phone

MOVING = "new_number"  # in the session: the new number, and whether the old one is proven


@phone_required
@require_http_methods(["GET", "POST"])
def phones(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Which phones see this record; a post puts this phone's number on the record."""
    account = account_of(request)
    citizen = member_or_404(request, public_id)
    if request.method == "POST":
        try:
            put_on_record(account=account, citizen=citizen, now=timezone.now())
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("Your number stands on the record now."))
        return redirect("registration:phones", public_id)
    rows = [
        {
            "membership": each,
            "phone": mask_phone(each.account.phone or ""),
            "is_mine": each.account_id == account.pk,
            "is_on_record": bool(citizen.phone) and each.account.phone == citizen.phone,
            "may_end": may_end(account=account, membership=each),
        }
        for each in memberships_of(citizen)
    ]
    context: dict[str, Any] = {
        "citizen": citizen,
        "rows": rows,
        "on_record": mask_phone(citizen.phone) if citizen.phone else "",
        "is_mine_on_record": citizen.phone == account.phone,
    }
    return render(request, "registration/phones.html", context)


@phone_required
@require_POST
def end(request: HttpRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """That phone no longer sees the record."""
    account = account_of(request)
    citizen = member_or_404(request, public_id)
    membership = get_object_or_404(memberships_of(citizen), pk=number)
    is_mine = membership.account_id == account.pk
    try:
        end_phone(account=account, membership=membership, now=timezone.now())
    except DomainError as refusal:
        messages.warning(request, refusal.detail)
        return redirect("registration:phones", public_id)
    messages.success(request, _("The phone no longer sees this health book."))
    if is_mine:
        return redirect("registration:account")
    return redirect("registration:phones", public_id)


@phone_required
@require_http_methods(["GET", "POST"])
def number(request: HttpRequest) -> HttpResponse:
    """The new number; first a code to the one until now."""
    account = account_of(request)
    form = NewNumberForm(posted(request))
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            if phone == account.phone:
                raise SameNumber
            _send(request, account.phone or "", CodePurpose.MOVE_FROM)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session[MOVING] = {"phone": phone, "proven": False}
            return redirect("registration:number_code")
    context = {"form": form, "phone": mask_phone(account.phone or "")}
    return render(request, "registration/number.html", context)


def _send(request: HttpRequest, phone: str, purpose: str) -> None:
    send_code(
        phone=phone,
        purpose=purpose,
        session_key=session_key(request),
        now=timezone.now(),
        language=get_language() or "vi",
    )


@phone_required
@require_http_methods(["GET", "POST"])
def number_code(request: HttpRequest) -> HttpResponse:
    """The code of the number until now, then that of the new one."""
    account, moving = account_of(request), request.session.get(MOVING)
    if not moving:
        return redirect("registration:number")
    proven = bool(moving["proven"])
    target = moving["phone"] if proven else account.phone or ""
    purpose = CodePurpose.MOVE_TO if proven else CodePurpose.MOVE_FROM
    form = CodeForm(posted(request))
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        try:
            _send(request, target, purpose)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, _("A new code is on its way."))
    elif request.method == "POST" and form.is_valid():
        try:
            return _prove(request, account, moving, form.cleaned_data["code"])
        except DomainError as refusal:
            add_to_form(form, refusal)
    context = {"form": form, "phone": mask_phone(target), "is_new": proven}
    return render(request, "registration/number_code.html", context)


def _prove(
    request: HttpRequest, account: Account, moving: dict[str, Any], code: str
) -> HttpResponse:
    """Use the code up. Raises WrongCode and what the move refuses."""
    now, key = timezone.now(), session_key(request)
    if moving["proven"]:
        moved = move_to_number(
            account=account, phone=moving["phone"], session_key=key, code=code, now=now
        )
        login(request, moved, backend=BACKEND)
        request.session.pop(MOVING, None)
        request.session.set_expiry(SIGNED_IN_FOR)
        messages.success(request, _("Your health book has its new number."))
        return redirect("registration:account")
    purpose = CodePurpose.MOVE_FROM
    check_code(phone=account.phone or "", purpose=purpose, session_key=key, code=code, now=now)
    request.session[MOVING] = {**moving, "proven": True}
    try:
        _send(request, moving["phone"], CodePurpose.MOVE_TO)
    except CodeSentRecently:
        pass  # the new number has one already, or gets one with the button
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("registration:number_code")
