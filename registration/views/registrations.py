"""A registration of the household: its confirmation, another day or place, and taking it back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registration.forms import DayForm, MoveForm
from registration.forms.place import home_of, place_of
from registration.models import (
    LIVE_REGISTRATION,
    AdministrativeUnit,
    Citizen,
    RegistrationStatus,
    ShotRegistration,
)
from registration.selectors import household_of
from registration.services.check_in_codes import check_in_code_for
from registration.services.registration_changes import (
    ChangedWish,
    can_be_changed,
    cancel_registration,
    change_registration,
)
from registration.summaries import registration_rows
from registration.views.guards import account_of, phone_required, posted
from registration.views.register import steps_at
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import Form
from vaxplatform.qr import qr_svg
from vaxplatform.vietnam import day_in_vietnam

TAGS = {
    RegistrationStatus.SUBMITTED: "act",
    RegistrationStatus.APPROVED: "act",
    RegistrationStatus.SCHEDULED: "ok",
    RegistrationStatus.CHECKED_IN: "ok",
    RegistrationStatus.VACCINATED: "ok",
    RegistrationStatus.DEFERRED: "warn",
    RegistrationStatus.REFUSED: "bad",
}


def tag_of(registration: ShotRegistration) -> str:
    return TAGS.get(RegistrationStatus(registration.status), "")


def check_in_qr(request: HttpRequest, citizen: Citizen) -> SafeString:
    """The address in capitals: QR codes hold those in a smaller pattern."""
    code = check_in_code_for(citizen=citizen, now=timezone.now()).code
    address = request.build_absolute_uri(reverse("registration:check_in_code", args=[code]))
    return qr_svg(address.upper(), _("Check-in QR code"))


def own_registration_or_404(request: HttpRequest, public_id: uuid.UUID) -> ShotRegistration:
    """A registration of somebody in the household; anybody else's does not exist here."""
    people = household_of(account_of(request))
    found = ShotRegistration.objects.filter(public_id=public_id, citizen__in=people)
    registration = found.select_related(
        "citizen__province", "citizen__ward__parent", "group", "wanted_place__parent__parent"
    ).first()
    if registration is None:
        raise Http404
    return registration


@phone_required
@require_safe
def registration(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A registration with its code and the QR to show at the site; fit to be printed."""
    return _show(request, own_registration_or_404(request, public_id))


@phone_required
@require_safe
def registered(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The last step: the same, just after it was sent."""
    found = own_registration_or_404(request, public_id)
    return _show(request, found, steps=steps_at("done"))


def _show(request: HttpRequest, found: ShotRegistration, **more: Any) -> HttpResponse:
    is_live = found.status in LIVE_REGISTRATION
    context: dict[str, Any] = {
        "registration": found,
        "tag": tag_of(found),
        "rows": registration_rows(found),
        "can_change": can_be_changed(found),
        "qr": check_in_qr(request, found.citizen) if is_live else "",
        **more,
    }
    return render(request, "registration/registration.html", context)


@phone_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Another day or half of the day."""
    found = own_registration_or_404(request, public_id)
    initial = {"wanted_on": found.wanted_on.isoformat(), "wanted_half": found.wanted_half}
    form = DayForm(
        posted(request),
        initial=initial,
        today=day_in_vietnam(timezone.now()),
        chosen=found.wanted_on,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        wish = ChangedWish(data["wanted_on"], data["wanted_half"], found.wanted_place)
        if _change(request, found, form, wish):
            return redirect("registration:registration", found.public_id)
    return _form_page(request, "change", found, form)


@phone_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Another place to be vaccinated at than where the person lives, or that one again."""
    found = own_registration_or_404(request, public_id)
    known = place_of(found.wanted_place) if found.wanted_place else home_of(found.citizen)
    form = MoveForm(posted(request), initial=known)
    if request.method == "POST" and form.is_valid():
        place = _unless_home(form.place(), found.citizen)
        wish = ChangedWish(found.wanted_on, found.wanted_half, place)
        if _change(request, found, form, wish):
            return redirect("registration:registration", found.public_id)
    return _form_page(request, "move", found, form)


def _unless_home(place: AdministrativeUnit, citizen: Citizen) -> AdministrativeUnit | None:
    return None if place.pk in (citizen.ward_id, citizen.province_id) else place


def _change(request: HttpRequest, found: ShotRegistration, form: Form, wish: ChangedWish) -> bool:
    try:
        change_registration(
            account=account_of(request), registration=found, wish=wish, now=timezone.now()
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    messages.success(request, _("The registration is changed."))
    return True


def _form_page(
    request: HttpRequest, page: str, found: ShotRegistration, form: Form
) -> HttpResponse:
    context = {
        "registration": found,
        "form": form,
        "can_change": can_be_changed(found),
        "has_seat": found.status == RegistrationStatus.SCHEDULED,
    }
    return render(request, f"registration/registration_{page}.html", context)


@phone_required
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then cancel."""
    found = own_registration_or_404(request, public_id)
    if request.method == "POST":
        try:
            cancel_registration(account=account_of(request), registration=found, now=timezone.now())
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("The registration is cancelled."))
        return redirect("registration:registration", found.public_id)
    return render(
        request,
        "registration/cancel.html",
        {"registration": found, "rows": registration_rows(found)},
    )
