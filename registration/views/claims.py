"""Bringing a person on record to this phone: by a code, by a dose, or through the desk; and what
the phones that see the record already answer."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registration.desk import DeskClaim, has_desk, open_at_desk
from registration.forms import CodeForm
from registration.forms.own_record import DeskForm, DoseFactForm, OwnRecordForm
from registration.models import ClaimStatus, CodePurpose, RecordClaim
from registration.services.claims import (
    answer_claim,
    claim_by_code,
    claim_by_dose,
    claims_to_answer,
    withdraw_claim,
)
from registration.views.guards import account_of, phone_required, posted, session_key
from registration.views.look_up import (
    again,
    ask_once,
    kept_form,
    waits_for_code,
    where_the_code_goes,
)
from vaxplatform.errors import DomainError, add_to_form

ASKED = "claim"  # in the session: what was typed, until the code was right
REFRESH_SECONDS = 4


@phone_required
@require_safe
def claim(request: HttpRequest) -> HttpResponse:
    """The three ways."""
    return render(request, "registration/claim.html", {"has_desk": has_desk()})


@phone_required
@require_http_methods(["GET", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """Who is meant, and the phone or paper: a code goes to the phone on record."""
    form = OwnRecordForm(posted(request))
    if request.method == "POST" and form.is_valid():
        waits = waits_for_code(request, form, ASKED)
        if ask_once(request, form, CodePurpose.CLAIM, ASKED, waits):
            return redirect("registration:claim_code")
    return render(request, "registration/claim_by_code.html", {"form": form})


@phone_required
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that the person with that phone reads out; a right one brings the person here."""
    told = kept_form(request, ASKED)
    if told is None:
        return redirect("registration:claim_by_code")
    form = CodeForm(posted(request))
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        again(request, told.question(), CodePurpose.CLAIM)
    elif request.method == "POST" and form.is_valid():
        try:
            citizen = claim_by_code(
                account=account_of(request),
                question=told.question(),
                session_key=session_key(request),
                code=form.cleaned_data["code"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session.pop(ASKED, None)
            messages.success(request, _("The person stands in your household now."))
            return redirect("registration:person", citizen.public_id)
    context = {
        "form": form,
        "named": where_the_code_goes(told),
        "by_paper": told.cleaned_data["by"] == "paper",
        "back": "registration:claim_by_code",
    }
    return render(request, "registration/record_code.html", context)


@phone_required
@require_http_methods(["GET", "POST"])
def by_dose(request: HttpRequest) -> HttpResponse:
    """A paper, and day and lot of a dose: compared by a worker, answered on the next page."""
    form = DoseFactForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            found = claim_by_dose(
                account=account_of(request),
                question=form.question(),
                day=form.cleaned_data["day"],
                lot_number=form.cleaned_data["lot_number"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("registration:claim_answer", found.public_id)
    return render(request, "registration/claim_by_dose.html", {"form": form})


@phone_required
@require_http_methods(["GET", "POST"])
def at_desk(request: HttpRequest) -> HttpResponse:
    """No proof at hand: the response centre decides."""
    if not has_desk():
        raise Http404
    form = DeskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        told = DeskClaim(
            account=account_of(request),
            full_name=data["full_name"],
            date_of_birth=data["date_of_birth"],
            words=data["words"],
        )
        try:
            return redirect(open_at_desk(told, now=timezone.now()))
        except DomainError as refusal:
            add_to_form(form, refusal)
    return render(request, "registration/claim_at_desk.html", {"form": form})


@phone_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How a claim of this phone stands; a post takes it back."""
    account = account_of(request)
    found = get_object_or_404(
        RecordClaim.objects.select_related("citizen"), public_id=public_id, account=account
    )
    if request.method == "POST":
        try:
            withdraw_claim(account=account, claim=found, now=timezone.now())
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        return redirect("registration:claim_answer", public_id)
    is_asked = found.status == ClaimStatus.ASKED
    context = {
        "claim": found,
        "has_desk": has_desk(),
        "refresh_seconds": REFRESH_SECONDS if is_asked else None,
    }
    return render(request, "registration/claim_answer.html", context)


@phone_required
@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A phone that sees the record agrees, or objects."""
    account = account_of(request)
    found = get_object_or_404(claims_to_answer(account), public_id=public_id)
    agrees = request.POST.get("answer") == "agree"
    try:
        answer_claim(account=account, claim=found, agrees=agrees, now=timezone.now())
    except DomainError as refusal:
        messages.warning(request, refusal.detail)
    else:
        done = _("The other phone sees this person now.") if agrees else _("You have refused it.")
        messages.success(request, done)
    return redirect("registration:account")
