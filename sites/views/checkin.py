"""The check-in desk: scan, look, press Enter."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registration.forms.person import details_of
from registration.models import Citizen
from registration.services.check_in_codes import code_in
from registration.services.citizens import find_or_create_citizen
from sites import rights
from sites.forms import ReasonForm, ScanForm, WalkInForm, walk_in_from_scan
from sites.models import Session, Visit, VisitStatus
from sites.rights import StaffRequest
from sites.services.people import Found, find_people
from sites.services.visits import cancel_visit, check_in
from sites.views.cards import PersonCard, person_card
from sites.views.desk import (
    counts_for,
    desk,
    frame,
    person_line,
    person_of,
    person_token,
    visit_here,
)
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import day_in_vietnam, parse_cccd_qr

LATELY = 6  # people in the list of who was just checked in


@desk(rights.CHECK_IN)
def check_in_desk(request: StaffRequest, session: Session) -> HttpResponse:
    """The scan field, and who was found. What is typed travels by POST: it is personal data."""
    scanned = code_in(request.GET.get("q", ""))  # a check-in QR that a phone's camera opened
    form, found, card = ScanForm(request.POST or None, initial={"q": scanned}), None, None
    if request.method == "POST" and request.POST.get("choose"):
        form = ScanForm()
        citizen = person_of(request.POST["choose"], request.user)
        card = _card(request, session, citizen) if citizen else None
    elif request.method == "POST" and form.is_valid():
        try:
            found = find_people(
                query=form.cleaned_data["q"],
                posting=request.posting,
                account=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            card = _only(request, session, found)
    return _page(request, session, form=form, found=found, card=card)


def _only(request: StaffRequest, session: Session, found: Found) -> PersonCard | None:
    return _card(request, session, found.people[0]) if len(found.people) == 1 else None


def _card(request: StaffRequest, session: Session, citizen: Citizen) -> PersonCard:
    token = person_token(citizen, request.user)
    return person_card(citizen=citizen, session=session, token=token, now=timezone.now())


def _page(
    request: StaffRequest,
    session: Session,
    *,
    form: ScanForm,
    found: Found | None,
    card: PersonCard | None,
) -> HttpResponse:
    today = day_in_vietnam(timezone.now())
    choices: list[dict[str, Any]] = []
    if found is not None and card is None:
        choices = [
            {"token": person_token(citizen, request.user), "person": person_line(citizen, on=today)}
            for citizen in found.people
        ]
    context = frame(
        request,
        session,
        form=form,
        found=found,
        card=card,
        choices=choices,
        scan_text=form.data.get("q", "") if found and found.scan else "",
        counts=counts_for(request),
        lately=_lately(session),
    )
    return render(request, "sites/checkin.html", context)


def _lately(session: Session) -> list[Visit]:
    visits = Visit.objects.filter(session=session).exclude(status=VisitStatus.CANCELLED)
    return list(visits.select_related("citizen").order_by("-number")[:LATELY])


@require_POST
@desk(rights.CHECK_IN)
def check_in_person(request: StaffRequest, session: Session) -> HttpResponse:
    """Give the person on the card a ticket; the scan field waits for the next one."""
    citizen = person_of(request.POST.get("person", ""), request.user)
    if citizen is None:
        messages.error(request, _("This page is too old. Scan or search again."))
        return redirect("sites_staff:check_in")
    try:
        done = check_in(session=session, citizen=citizen, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        _say_ticket(request, done.visit)
    return redirect("sites_staff:check_in")


def _say_ticket(request: StaffRequest, visit: Visit) -> None:
    ticket = {"number": visit.number, "name": visit.citizen.full_name}
    messages.success(request, _("Ticket %(number)s: %(name)s is checked in.") % ticket)


@desk(rights.CHECK_IN)
def add_walk_in(request: StaffRequest, session: Session) -> HttpResponse:
    """Somebody without a registration: from the card's QR, or a short form."""
    if request.method == "POST" and request.POST.get("step") != "save":
        scan = parse_cccd_qr(request.POST.get("scan", ""))
        form = WalkInForm(initial=walk_in_from_scan(scan, session.site))
    else:
        form = WalkInForm(request.POST or None, initial=walk_in_from_scan(None, session.site))
    saving = request.method == "POST" and form.is_bound
    if saving and form.is_valid() and not form.needs_a_second_look():
        details = details_of(
            form.cleaned_data,
            province=form.cleaned_data["province"],
            address=form.cleaned_data["address"],
        )
        try:
            citizen = find_or_create_citizen(details=details)
            done = check_in(session=session, citizen=citizen, by=request.user, now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            _say_ticket(request, done.visit)
            return redirect("sites_staff:check_in")
    return render(request, "sites/walk_in.html", frame(request, session, form=form))


@desk(rights.CHECK_IN)
def undo_check_in(request: StaffRequest, session: Session, public_id: Any) -> HttpResponse:
    """Take a check-in back, with a reason."""
    visit = visit_here(session, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_visit(visit=visit, reason=form.cleaned_data["reason"], now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(
                request, _("Ticket %(number)s is cancelled.") % {"number": visit.number}
            )
            return redirect("sites_staff:check_in")
    return render(
        request, "sites/undo_check_in.html", frame(request, session, form=form, visit=visit)
    )
