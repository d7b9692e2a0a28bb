"""A person of the household: the health book, who looked at it, and what may be changed."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registration.forms import AddPersonForm, HomeForm
from registration.forms.fields import plain_phone
from registration.forms.person import details_of
from registration.forms.place import home_of
from registration.health_book import NO_STATUS, statuses_of
from registration.models import LIVE_REGISTRATION, Citizen
from registration.selectors import accesses_of, household_of, registrations_of
from registration.services.access import purpose_in_words
from registration.services.households import change_home, claim_person
from registration.summaries import citizen_rows
from registration.views.guards import account_of, member_or_404, phone_required, posted
from registration.views.registrations import check_in_qr, tag_of
from registration.views.sections import drawn_sections
from vaxplatform.components import PersonChip
from vaxplatform.errors import DomainError, add_to_form

ACCESSES_SHOWN = 20


@phone_required
@require_safe
def person(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The health book of one person."""
    citizen = member_or_404(request, public_id)
    registrations = list(registrations_of(citizen))
    context = {
        "citizen": citizen,
        "chips": _chips(request, citizen),
        "sections": drawn_sections(request, citizen),
        "asides": drawn_sections(request, citizen, aside=True),
        "registrations": [(each, tag_of(each)) for each in registrations],
        "no_doses": NO_STATUS.states,
        "has_live": any(each.status in LIVE_REGISTRATION for each in registrations),
        "rows": citizen_rows(citizen),
        "accesses": [
            (access, purpose_in_words(access.purpose))
            for access in accesses_of(citizen)[:ACCESSES_SHOWN]
        ],
        "qr": check_in_qr(request, citizen),
    }
    return render(request, "registration/person.html", context)


def _chips(request: HttpRequest, citizen: Citizen) -> list[PersonChip]:
    members = list(household_of(account_of(request)))
    statuses = statuses_of(members)
    return [
        PersonChip(
            reverse("registration:person", args=[member.public_id]),
            " ".join(member.full_name.split()[-2:]),
            statuses[member.pk].states,
            current=member == citizen,
        )
        for member in members
    ]


@phone_required
@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest) -> HttpResponse:
    """Somebody for the household: found on record where the phone proves it, else new."""
    account = account_of(request)
    form = AddPersonForm(posted(request), initial={"phone": plain_phone(account.phone or "")})
    if request.method == "POST" and form.is_valid() and not form.needs_a_second_look():
        data = form.cleaned_data
        try:
            citizen = claim_person(
                account=account, details=details_of(data, province=data["province"])
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, _("The person stands in your household now."))
            return redirect("registration:person", citizen.public_id)
    return render(request, "registration/add_person.html", {"form": form})


@phone_required
@require_http_methods(["GET", "POST"])
def change_person(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where the person lives and works; the rest goes through a correction request."""
    citizen = member_or_404(request, public_id)
    form = HomeForm(posted(request), initial=home_of(citizen))
    if request.method == "POST" and form.is_valid():
        change_home(account=account_of(request), citizen=citizen, home=form.home())
        messages.success(request, _("The changes are saved."))
        return redirect("registration:person", citizen.public_id)
    return render(request, "registration/change_person.html", {"form": form, "citizen": citizen})
