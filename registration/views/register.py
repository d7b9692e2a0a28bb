"""/register/: five short pages, kept as one goes; nothing is lost by going back."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from registration import draft as drafts
from registration.draft import Draft
from registration.forms import (
    ConsentForm,
    HealthForm,
    PersonForm,
    PhoneForm,
    RegistrationHomeForm,
    WhoForm,
    WishForm,
)
from registration.forms.fields import plain_phone
from registration.forms.person import details_of
from registration.forms.place import home_of
from registration.forms.wish import ME, RELATIVE, questions_for
from registration.models import Citizen, ShotRegistration
from registration.selectors import household_of
from registration.services.registrations import ShotWish, submit_registration
from registration.summaries import review_rows
from registration.views.guards import account_of, citizen_account, no_store, phone_required, posted
from vaxplatform import components
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import Form
from vaxplatform.vietnam import day_in_vietnam

TITLES = {
    "person": _("The person"),
    "home": _("Home and group"),
    "health": _("Health"),
    "wish": _("Wanted day"),
    "review": _("Check and send"),
}
HEADINGS = {
    "person": _("Who is to be vaccinated"),
    "home": _("Home, work and priority group"),
    "health": _("Health questions"),
    "wish": _("Dose and day"),
    "review": _("Check and send"),
}


class Registering:
    """One request's view of the draft: who it is for, its steps and their forms."""

    def __init__(self, request: HttpRequest, draft: Draft) -> None:
        self.account = account_of(request)
        self.draft = draft
        self.member = self._member()
        self.steps = [step for step in TITLES if step != "person" or self.member is None]

    def _member(self) -> Citizen | None:
        if self.draft.who in {ME, RELATIVE}:
            return None
        people = household_of(self.account).select_related("province", "ward", "ward__parent")
        found = people.filter(public_id=self.draft.who).first()
        if found is None:
            raise Http404
        return found

    @property
    def sex(self) -> str:
        if self.member:
            return self.member.sex
        return self.draft.steps.get("person", {}).get("sex", "")

    def form(self, step: str, data: Mapping[str, Any] | None) -> Form:
        """The step's form over `data`, else over what was typed before, else with first values."""
        bound: Any = self.draft.steps.get(step) if data is None else data
        if step == "person":
            phone = plain_phone(self.account.phone or "")
            return PersonForm(bound, initial={"phone": phone if self.draft.who == ME else ""})
        if step == "home":
            return RegistrationHomeForm(bound, initial=home_of(self.member) if self.member else {})
        if step == "health":
            return HealthForm(bound, questions=questions_for(self.sex))
        return WishForm(bound, today=day_in_vietnam(timezone.now()))

    def first_open(self) -> str:
        """The first step that is not filled in well; "review" when all are."""
        for step in self.steps[:-1]:
            if step not in self.draft.steps or not self.form(step, None).is_valid():
                return step
        return "review"

    def neighbours(self, step: str) -> tuple[str, str]:
        """The addresses before and after a step."""
        at = self.steps.index(step)
        before = step_url(self.steps[at - 1]) if at else reverse("registration:register")
        return before, step_url(self.steps[min(at + 1, len(self.steps) - 1)])

    def page(self, step: str) -> dict[str, Any]:
        """What every step's page shows besides its form."""
        at = self.steps.index(step) + 1
        return {
            "steps": components.steps([TITLES[each] for each in self.steps], at=at),
            "step": step,
            "heading": HEADINGS[step],
            "before": self.neighbours(step)[0],
            "member": self.member,
        }


def step_url(step: str) -> str:
    return reverse("registration:register_step", args=[step])


@no_store
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """What it takes, and the phone first; once signed in, who it is for."""
    account = citizen_account(request)
    if account is None:
        asks_phone = PhoneForm(initial={"next": request.path})
        return render(request, "registration/register_start.html", {"form": asks_phone})
    members = list(household_of(account))
    form = WhoForm(posted(request), members=members, initial=_asked_for(request))
    if request.method == "POST" and form.is_valid():
        begun = drafts.load(request.session)
        who = form.cleaned_data["who"]
        if begun is None or begun.who != who:
            drafts.save(request.session, Draft(who))
        now = Registering(request, drafts.load(request.session) or Draft(who))
        return redirect(step_url(now.steps[0]))
    begun = drafts.load(request.session)
    return render(request, "registration/register_who.html", {"form": form, "begun": begun})


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """The choice made already: by a link that names the person, or by the draft."""
    begun = drafts.load(request.session)
    return {"who": request.GET.get("for", begun.who if begun else "")}


@phone_required
@require_http_methods(["GET", "POST"])
def register_step(request: HttpRequest, step: str) -> HttpResponse:
    """One step; what is typed well is kept, and the next one comes."""
    draft = drafts.load(request.session)
    if draft is None:
        return redirect("registration:register")
    registering = Registering(request, draft)
    if step not in registering.steps:
        raise Http404
    if step == "review":
        return _review(request, registering)
    form = registering.form(step, posted(request))
    if request.method == "POST" and form.is_valid() and not _doubtful(form):
        draft.keep(step, form)
        drafts.save(request.session, draft)
        return redirect(registering.neighbours(step)[1])
    return render(
        request, "registration/register_step.html", {**registering.page(step), "form": form}
    )


def _doubtful(form: Form) -> bool:
    """Whether the step is to be shown once more because of a soft check."""
    return isinstance(form, PersonForm) and form.needs_a_second_look()


def _review(request: HttpRequest, registering: Registering) -> HttpResponse:
    missing = registering.first_open()
    if missing != "review":
        return redirect(step_url(missing))
    form = ConsentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            registration = _submit(registering, consent=form.cleaned_data["consent"])
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            drafts.clear(request.session)
            messages.success(request, gettext("Your registration has been sent."))
            return redirect("registration:registration", registration.public_id)
    filled = {step: registering.form(step, None) for step in registering.steps[:-1]}
    rows = review_rows(filled, member=registering.member, url=step_url)
    context = {**registering.page("review"), "form": form, "groups": rows}
    return render(request, "registration/register_review.html", context)


def _submit(registering: Registering, *, consent: bool) -> ShotRegistration:
    """Hand the steps to the service; they were all found valid a moment ago."""
    forms = {step: registering.form(step, None) for step in registering.steps[:-1]}
    for form in forms.values():
        form.full_clean()
    home_form, wish = forms["home"], forms["wish"].cleaned_data
    home = home_form.home()  # type: ignore[attr-defined]
    person: Any = registering.member or details_of(
        forms["person"].cleaned_data, province=home.province, ward=home.ward, address=home.address
    )
    return submit_registration(
        account=registering.account,
        person=person,
        home=home,
        wish=ShotWish(
            group=home_form.cleaned_data["group"],
            wanted_on=wish["wanted_on"],
            wanted_half=wish["wanted_half"],
            dose_number=wish["dose_number"],
            dose_kind=wish["dose_kind"],
            medical_history=forms["health"].cleaned_data,
            consent=consent,
        ),
        now=timezone.now(),
    )
