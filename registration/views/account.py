"""/account/: proving a phone, then the people it speaks for."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from registration.forms import CodeForm, PhoneForm
from registration.health_book import sign_out_notes, statuses_of
from registration.models import CodePurpose
from registration.selectors import household_of
from registration.services.accounts import set_language, sign_in_by_phone
from registration.services.claims import claims_to_answer, open_claims_of
from registration.services.codes import CodeSentRecently, send_code
from registration.views.guards import (
    SIGNED_IN_FOR,
    account_of,
    citizen_account,
    no_store,
    posted,
    safe_next,
    session_key,
)
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import mask_phone

PENDING = "phone_to_prove"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@no_store
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The household of a signed-in phone; else the form that asks for the phone."""
    if citizen_account(request) is not None and request.method == "GET":
        return _household(request)
    form = PhoneForm(posted(request), initial={"next": request.GET.get("next", "")})
    if request.method == "POST" and form.is_valid() and _send(request, form):
        return redirect("registration:code")
    registering = request.POST.get("next", "") == reverse("registration:register")
    page = "register_start" if registering else "sign_in"
    return render(request, f"registration/{page}.html", {"form": form})


def _household(request: HttpRequest) -> HttpResponse:
    signed_in = account_of(request)
    set_language(account=signed_in, language=get_language() or "vi")
    members = list(household_of(signed_in))
    statuses = statuses_of(members)
    context = {
        "people": [(member, statuses[member.pk]) for member in members],
        "phone": mask_phone(signed_in.phone or ""),
        "claims_to_answer": claims_to_answer(signed_in),
        "own_claims": open_claims_of(signed_in),
        "sign_out_notes": sign_out_notes(),
    }
    return render(request, "registration/household.html", context)


def _send(request: HttpRequest, form: PhoneForm) -> bool:
    """Send a code and remember which phone is being proven; whether the code page can be shown."""
    phone = form.cleaned_data["phone"]
    pending = {"phone": phone, "next": safe_next(request, form.cleaned_data["next"])}
    try:
        send_code(
            phone=phone,
            purpose=CodePurpose.SIGN_IN,
            session_key=session_key(request),
            now=timezone.now(),
            language=get_language() or "vi",
        )
    except CodeSentRecently as refusal:
        # Back to the number and on again: the code that was sent from here is still good.
        if request.session.get(PENDING, {}).get("phone") != phone:
            add_to_form(form, refusal)
            return False
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    request.session[PENDING] = pending
    return True


@no_store
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that was sent; a right one signs in and goes where the person wanted to go."""
    pending = request.session.get(PENDING)
    if not pending:
        return redirect("registration:account")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            signed_in = sign_in_by_phone(
                phone=pending["phone"],
                session_key=str(request.session.session_key),
                code=form.cleaned_data["code"],
                language=get_language() or "vi",
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            login(request, signed_in, backend=BACKEND)
            request.session.pop(PENDING, None)
            request.session.set_expiry(SIGNED_IN_FOR)
            return redirect(pending["next"])
    shown = {"form": form, "phone": mask_phone(pending["phone"])}
    return render(request, "registration/code.html", shown)


@no_store
@require_POST
def code_again(request: HttpRequest) -> HttpResponse:
    """Another code for the phone that is being proven; the earlier one stops working."""
    pending = request.session.get(PENDING)
    if not pending:
        return redirect("registration:account")
    try:
        send_code(
            phone=pending["phone"],
            purpose=CodePurpose.SIGN_IN,
            session_key=str(request.session.session_key),
            now=timezone.now(),
            language=get_language() or "vi",
        )
    except DomainError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, _("A new code was sent. The earlier one no longer works."))
    return redirect("registration:code")


@no_store
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget who was signed in, and what was being filled in."""
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("registration:account")
