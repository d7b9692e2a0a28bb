"""/look-up/: a record without an account, for whoever holds the phone on it, and for an elder.

What was typed waits in the session until the code is right; nobody is looked up before.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registration.forms import CodeForm
from registration.forms.own_record import OwnRecordForm
from registration.models import CodePurpose
from registration.opened import close_record, open_for_a_while, open_until, opened_record
from registration.sealed_session import keep_sealed, kept_sealed
from registration.services.codes import CodeSentRecently
from registration.services.own_record import Question
from registration.services.record_codes import ask_for_record_code, open_own_record
from registration.summaries import citizen_rows
from registration.views.guards import no_store, posted, session_key
from registration.views.sections import drawn_sections
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import mask_id, mask_phone

ASKED = "look_up"  # in the session: what was typed, until the code was right


def where_the_code_goes(form: OwnRecordForm) -> str:
    """The phone or the paper that was named, without its middle."""
    data = form.cleaned_data
    return mask_id(data["id_number"]) if data["by"] == "paper" else mask_phone(data["phone"])


def ask(request: HttpRequest, question: Question, purpose: str) -> None:
    """Have the code sent; raises CodeRefused."""
    ask_for_record_code(
        question=question,
        purpose=purpose,
        session_key=session_key(request),
        language=get_language() or "vi",
        now=timezone.now(),
    )


def ask_once(
    request: HttpRequest, form: OwnRecordForm, purpose: str, kept: str, waits: bool
) -> bool:
    """Have a code sent for a valid form, and keep what was typed; whether its page can be shown.

    `waits`: a code for this very question was sent from here; back and on again keeps it.
    """
    try:
        ask(request, form.question(), purpose)
    except CodeSentRecently as refusal:
        if not waits:
            return _refused(form, refusal)
    except DomainError as refusal:
        return _refused(form, refusal)
    keep_sealed(request.session, kept, request.POST.urlencode())
    return True


def _refused(form: OwnRecordForm, refusal: DomainError) -> bool:
    by_paper = form.cleaned_data["by"] == "paper"
    form.add_error("id_number" if by_paper else "phone", refusal.detail)
    return False


def kept_form(request: HttpRequest, kept: str) -> OwnRecordForm | None:
    """What was typed before, if it is still right."""
    form = OwnRecordForm(QueryDict(kept_sealed(request.session, kept)))
    return form if form.is_valid() else None


def waits_for_code(request: HttpRequest, form: OwnRecordForm, kept: str) -> bool:
    earlier = kept_form(request, kept)
    return earlier is not None and earlier.question() == form.question()


def again(request: HttpRequest, question: Question, purpose: str) -> None:
    """Another code, or the reason why there is none now."""
    try:
        ask(request, question, purpose)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("A new code is on its way."))


@no_store
@require_http_methods(["GET", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """Who is meant, and the phone or paper."""
    form = OwnRecordForm(posted(request))
    if request.method == "POST" and form.is_valid():
        waits = waits_for_code(request, form, ASKED)
        if ask_once(request, form, CodePurpose.OWN_RECORD, ASKED, waits):
            return redirect("registration:look_up_code")
    return render(request, "registration/look_up.html", {"form": form})


@no_store
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code; a right one opens the record for a quarter of an hour."""
    told = kept_form(request, ASKED)
    if told is None:
        return redirect("registration:look_up")
    form = CodeForm(posted(request))
    if request.method == "POST" and "again" in request.POST:
        form = CodeForm()
        again(request, told.question(), CodePurpose.OWN_RECORD)
    elif request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            citizen = open_own_record(
                question=told.question(),
                session_key=session_key(request),
                code=form.cleaned_data["code"],
                now=now,
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session.pop(ASKED, None)
            open_for_a_while(request, citizen, now)
            return redirect("registration:look_up_record")
    context = {
        "form": form,
        "named": where_the_code_goes(told),
        "by_paper": told.cleaned_data["by"] == "paper",
        "back": "registration:look_up",
    }
    return render(request, "registration/record_code.html", context)


@no_store
@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """What is on record: doses, certificates, and why one is missing; nothing to change."""
    now = timezone.now()
    citizen = opened_record(request, now)
    if citizen is None:
        return redirect("registration:look_up")
    context = {
        "citizen": citizen,
        "sections": drawn_sections(request, citizen, without_account=True),
        "rows": citizen_rows(citizen),
        "until": open_until(request, now),
    }
    return render(request, "registration/look_up_record.html", context)


@no_store
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """The record is closed before its time."""
    close_record(request)
    messages.success(request, _("The record is closed on this device."))
    return redirect("registration:look_up")
