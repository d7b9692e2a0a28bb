"""What a person does on the page of their report: add a photo, write more, object."""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from response_center.forms.adding import MoreForm, ObjectionForm, PhotoForm
from response_center.models import Case
from response_center.services.evidence import add_evidence
from response_center.services.more_said import say_more as add_words
from response_center.services.objections import object_to
from response_center.views import show
from response_center.views.reach import case_within_reach
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import Form

Run = Callable[[Case, dict[str, Any], datetime.datetime], object]


@require_POST
def add_photo(request: HttpRequest, number: str) -> HttpResponse:
    """One more photo; refused ones bring the page back with the reason."""
    return _do(
        request,
        number,
        "photo_form",
        PhotoForm(request.POST, request.FILES),
        lambda case, values, now: add_evidence(
            case=case, kind=values["kind"], content=values["photo"], now=now
        ),
        _("The photo is with your report."),
    )


@require_POST
def say_more(request: HttpRequest, number: str) -> HttpResponse:
    """More words to an open report."""
    return _do(
        request,
        number,
        "more_form",
        MoreForm(request.POST),
        lambda case, values, now: add_words(case=case, words=values["words"], now=now),
        _("We have added your words to the report."),
    )


@require_POST
def objection(request: HttpRequest, number: str) -> HttpResponse:
    """The answer is not right: once, to the next level."""
    return _do(
        request,
        number,
        "objection_form",
        ObjectionForm(request.POST),
        lambda case, values, now: object_to(case=case, words=values["words"], now=now),
        _("Somebody else, one level up, looks at your report now."),
    )


def _do(
    request: HttpRequest, number: str, name: str, form: Form, run: Run, done: str | Promise
) -> HttpResponse:
    now = timezone.now()
    case = case_within_reach(request, number, now)
    if case is None:
        return redirect("response_center:follow")
    if form.is_valid():
        try:
            run(case, form.cleaned_data, now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, str(done))
            return redirect("response_center:case", number=number)
    case.refresh_from_db()
    context = {**show.case_page(case, now), name: form, "form": form}
    return render(request, "response_center/case.html", context, status=400)
