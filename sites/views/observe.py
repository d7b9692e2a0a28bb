"""The observation area: who may go, and when the others may."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sites import rights
from sites.forms import ReasonForm
from sites.models import Dose, DoseStatus, Session, Visit, VisitStatus
from sites.rights import StaffRequest
from sites.selectors import visits_of
from sites.services.visits import discharge, discharge_all_over
from sites.views.desk import counts_for, desk, frame, uuid_or_none, visit_here
from vaxplatform.errors import DomainError, add_to_form

REFRESH_SECONDS = 15


@dataclass(frozen=True)
class Observed:
    """A card of the board; `percent` of the observation that has passed, `minutes` left or over."""

    visit: Visit
    given_at: datetime.datetime
    dose: uuid.UUID
    events: int
    percent: int
    minutes: int
    is_over: bool


@desk(rights.OBSERVE)
def observation_board(request: StaffRequest, session: Session) -> HttpResponse:
    """Cards by the time at which the observation ends; one may go, or all whose time is over."""
    now = timezone.now()
    if request.method == "POST":
        return _let_go(request, session, now)
    cards = _cards(session, now)
    return render(
        request,
        "sites/observe.html",
        frame(
            request,
            session,
            cards=cards,
            over=sum(card.is_over for card in cards),
            now=now,
            counts=counts_for(request),
            refresh_seconds=REFRESH_SECONDS,
        ),
    )


def _cards(session: Session, now: datetime.datetime) -> list[Observed]:
    visits = list(visits_of(session, VisitStatus.OBSERVED).order_by("observed_until", "number"))
    doses = Dose.objects.filter(visit__in=visits, status=DoseStatus.RECORDED)
    given = {dose.visit_id: dose for dose in doses.annotate(reported=Count("aefi_reports"))}
    return [_card(visit, given[visit.pk], now) for visit in visits if visit.pk in given]


def _card(visit: Visit, dose: Any, now: datetime.datetime) -> Observed:
    given_at = dose.administered_at
    until = visit.observed_until or now
    whole = (until - given_at).total_seconds() or 1
    passed = (now - given_at).total_seconds() / whole * 100
    return Observed(
        visit=visit,
        given_at=given_at,
        dose=dose.public_id,
        events=dose.reported,
        percent=round(min(max(passed, 0), 100)),
        minutes=abs(round((until - now).total_seconds() / 60)),
        is_over=now >= until,
    )


def _let_go(request: StaffRequest, session: Session, now: datetime.datetime) -> HttpResponse:
    if request.POST.get("step") == "all":
        gone = discharge_all_over(session=session, by=request.user, now=now)
        text = ngettext("%(count)s person has left.", "%(count)s people have left.", gone)
        messages.success(request, text % {"count": gone})
        return redirect("sites_staff:observe")
    visit = visit_here(session, uuid_or_none(request.POST.get("visit")))
    try:
        discharge(visit=visit, by=request.user, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        values = {"number": visit.number, "name": visit.citizen.full_name}
        messages.success(request, _("Ticket %(number)s, %(name)s has left.") % values)
    return redirect("sites_staff:observe")


@desk(rights.OBSERVE)
def discharge_early(request: StaffRequest, session: Session, public_id: Any) -> HttpResponse:
    """Let somebody go before the end of the observation, with a reason."""
    visit = visit_here(session, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            discharge(visit=visit, by=request.user, now=timezone.now(), early_reason=reason)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            values = {"number": visit.number, "name": visit.citizen.full_name}
            messages.success(request, _("Ticket %(number)s, %(name)s has left.") % values)
            return redirect("sites_staff:observe")
    return render(
        request, "sites/discharge_early.html", frame(request, session, form=form, visit=visit)
    )
