"""/register/: four short steps, one thing on a page, kept as one goes; going back loses nothing."""

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
    GroupForm,
    GuardianForm,
    HealthForm,
    HomeForm,
    PersonForm,
    PhoneForm,
    ScanForm,
    WhoForm,
    WishForm,
)
from registration.forms.fields import plain_phone
from registration.forms.person import details_of
from registration.forms.place import home_of
from registration.forms.scan import home_on, person_on
from registration.forms.wish import ME, PEOPLE, RELATIVE, questions_for, rest_is_no
from registration.models import Citizen, ShotRegistration
from registration.rules import needs_guardian
from registration.selectors import household_of
from registration.services.registrations import ShotWish, submit_registration
from registration.summaries import review_rows
from registration.views.guards import account_of, citizen_account, no_store, phone_required, posted
from vaxplatform import components
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import Form
from vaxplatform.security import with_camera
from vaxplatform.vietnam import day_in_vietnam

# The four steps, and the pages of each.
STEPS = (
    (_("The person"), ("person", "guardian", "home", "group")),
    (_("Health"), ("health",)),
    (_("Wish and consent"), ("wish", "review")),
    (_("Done"), ("done",)),
)
HEADINGS = {
    "person": _("Who is to be vaccinated"),
    "guardian": _("Who agrees for the child"),
    "home": _("Home and work"),
    "group": _("Priority group"),
    "health": _("Health questions"),
    "wish": _("Dose and day"),
    "review": _("Check and send"),
}


def steps_at(page: str) -> list[components.Step]:
    """The bar of the four steps, at the one that a page belongs to."""
    at = next(n for n, (_title, pages) in enumerate(STEPS, start=1) if page in pages)
    return components.steps([title for title, _pages in STEPS], at=at)


class Registering:
    """One request's view of the draft: who it is for, its pages and their forms."""

    def __init__(self, request: HttpRequest, draft: Draft) -> None:
        self.account = account_of(request)
        self.today = day_in_vietnam(timezone.now())
        self.draft = draft
        self.member = self._member()
        self.steps = [step for step in HEADINGS if self._is_asked(step)]

    def _member(self) -> Citizen | None:
        if self.draft.who in {ME, RELATIVE}:
            return None
        people = household_of(self.account).select_related("province", "ward", "ward__parent")
        found = people.filter(public_id=self.draft.who).first()
        if found is None:
            raise Http404
        return found

    def _is_asked(self, step: str) -> bool:
        if step == "person":
            return self.member is None
        if step == "guardian":
            born = self._born()
            return bool(born) and needs_guardian(born, on=self.today)
        return True

    def _born(self) -> str:
        """The date of birth as far as it is known well, else ""."""
        if self.member:
            return self.member.date_of_birth
        if "person" not in self.draft.steps:
            return ""
        form = self.form("person", None)
        form.full_clean()
        return str(form.cleaned_data.get("date_of_birth", ""))

    @property
    def sex(self) -> str:
        if self.member:
            return self.member.sex
        return self.draft.steps.get("person", {}).get("sex", "")

    def form(self, step: str, data: Mapping[str, Any] | None) -> Form:
        """The page's form over `data`, else over what was typed before, else with first values."""
        bound: Any = self.draft.steps.get(step) if data is None else data
        phone = plain_phone(self.account.phone or "")
        if step == "person":
            return PersonForm(bound, initial={"phone": phone if self.draft.who == ME else ""})
        if step == "guardian":
            return GuardianForm(bound, initial={"guardian_phone": phone})
        if step == "home":
            return HomeForm(bound, initial=home_of(self.member) if self.member else {})
        if step == "group":
            return GroupForm(bound)
        if step == "health":
            return HealthForm(bound, questions=questions_for(self.sex))
        return WishForm(bound, today=self.today)

    def shown(self, step: str) -> Form:
        """The form as it is opened: what was left halfway is not blamed for its gaps."""
        form = self.form(step, None)
        if step in self.draft.halfway:
            form.errors.clear()
        return form

    def first_open(self) -> str:
        """The first page that is not filled in well; "review" when all are."""
        for step in self.steps[:-1]:
            if step not in self.draft.steps or not self.form(step, None).is_valid():
                return step
        return "review"

    def neighbours(self, step: str) -> tuple[str, str]:
        """The addresses before and after a page."""
        at = self.steps.index(step)
        before = step_url(self.steps[at - 1]) if at else reverse("registration:register")
        return before, step_url(self.steps[min(at + 1, len(self.steps) - 1)])

    def page(self, step: str) -> dict[str, Any]:
        """What every page shows besides its form."""
        return {
            "steps": steps_at(step),
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
        if who == PEOPLE:
            return redirect("registration:people_lists")
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
@with_camera
@require_http_methods(["GET", "POST"])
def register_step(request: HttpRequest, step: str) -> HttpResponse:
    """One page; what is typed well is kept, and the next one comes."""
    draft = drafts.load(request.session)
    if draft is None:
        return redirect("registration:register")
    registering = Registering(request, draft)
    if step not in registering.steps:
        raise Http404
    if request.method == "POST" and request.POST.get("go") == "back":
        return _go_back(request, registering, step)
    if step == "review":
        return _review(request, registering)
    scan = ScanForm() if step == "person" else None
    if scan and request.method == "POST" and request.POST.get("go") == "scan":
        scan = ScanForm(request.POST, request.FILES)
        if _is_scan(request, scan):
            return _scanned(request, registering, scan)
    return _typed(request, registering, step, scan)


def _typed(
    request: HttpRequest, registering: Registering, step: str, scan: ScanForm | None
) -> HttpResponse:
    data: Any = posted(request)
    if data is not None and step == "health" and data.get("go") == "none":
        data = rest_is_no(data, questions_for(registering.sex))
    form = registering.shown(step) if data is None else registering.form(step, data)
    if data is not None and form.is_valid() and not _doubtful(form):
        registering.draft.keep(step, form)
        drafts.save(request.session, registering.draft)
        return redirect(Registering(request, registering.draft).neighbours(step)[1])
    return _show(request, registering, step, form, scan)


def _show(
    request: HttpRequest, registering: Registering, step: str, form: Form, scan: ScanForm | None
) -> HttpResponse:
    context = {**registering.page(step), "form": form, "scan": scan}
    return render(request, "registration/register_step.html", context)


def _go_back(request: HttpRequest, registering: Registering, step: str) -> HttpResponse:
    """To the page before; what stands on this one is kept as it is."""
    if step != "review":
        form = registering.form(step, request.POST)
        registering.draft.keep(step, form, checked=form.is_valid())
        drafts.save(request.session, registering.draft)
    return redirect(registering.neighbours(step)[0])


def _is_scan(request: HttpRequest, scan: ScanForm) -> bool:
    """Enter in a field of the page presses its first button; whoever typed wants to go on."""
    typed = request.POST.get("full_name") or request.POST.get("id_number")
    return scan.has_something or not typed


def _scanned(request: HttpRequest, registering: Registering, scan: ScanForm) -> HttpResponse:
    """Fill in what the card says, and let the person look at it."""
    draft = registering.draft
    typed = registering.form("person", request.POST)
    draft.keep("person", typed, checked=False)
    if not scan.is_valid() or scan.card is None:
        drafts.save(request.session, draft)
        return _show(request, registering, "person", registering.shown("person"), scan)
    draft.fill("person", {**draft.steps["person"], **person_on(scan.card)})
    if not draft.steps.get("home", {}).get("ward"):
        draft.fill("home", {**draft.steps.get("home", {}), **home_on(scan.card)})
    drafts.save(request.session, draft)
    messages.success(request, gettext("The card is read. Check what it filled in."))
    return redirect(step_url("person"))


def _doubtful(form: Form) -> bool:
    """Whether the page is to be shown once more because of a soft check."""
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
            return redirect("registration:registered", registration.public_id)
    filled = {step: registering.form(step, None) for step in registering.steps[:-1]}
    rows = review_rows(filled, member=registering.member, url=step_url)
    context = {**registering.page("review"), "form": form, "groups": rows}
    return render(request, "registration/register_review.html", context)


def _submit(registering: Registering, *, consent: bool) -> ShotRegistration:
    """Hand the steps to the service; they were all found valid a moment ago."""
    forms: dict[str, Any] = {step: registering.form(step, None) for step in registering.steps[:-1]}
    for form in forms.values():
        form.full_clean()
    home, wish = forms["home"].home(), forms["wish"].cleaned_data
    person: Any = registering.member or details_of(
        forms["person"].cleaned_data, province=home.province, ward=home.ward, address=home.address
    )
    return submit_registration(
        account=registering.account,
        person=person,
        home=home,
        wish=ShotWish(
            group=forms["group"].cleaned_data["group"],
            wanted_on=wish["wanted_on"],
            wanted_half=wish["wanted_half"],
            dose_number=wish["dose_number"],
            dose_kind=wish["dose_kind"],
            medical_history=forms["health"].cleaned_data,
            consent=consent,
            guardian=forms["guardian"].guardian() if "guardian" in forms else None,
        ),
        now=timezone.now(),
    )
