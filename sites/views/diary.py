"""The diary after a dose: how the person is today, and what to do when it is not well."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registration.views.guards import account_of, member_or_404, phone_required, posted
from sites.diary_selectors import diary_of
from sites.forms.diary import DiaryForm
from sites.models import AefiAnswer
from sites.services.diary import answer_follow_up
from vaxplatform.errors import DomainError, add_to_form


@phone_required
@require_http_methods(["GET", "POST"])
def diary(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask, keep what is said, and show it; without a dose of the last 28 days there is none."""
    citizen = member_or_404(request, public_id)
    now = timezone.now()
    found = diary_of(citizen, now=now)
    if found is None:
        raise Http404
    form = DiaryForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            said = answer_follow_up(
                dose=found.dose, account=account_of(request), now=now, **form.cleaned_data
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            if said.answer == AefiAnswer.UNWELL:
                return redirect("sites:diary", citizen.public_id)
            messages.success(request, _("Thank you. It stands in the diary."))
            return redirect("registration:person", citizen.public_id)
    context = {
        "citizen": citizen,
        "diary": found,
        "form": form,
        "is_unwell": found.today is not None and found.today.said.answer == AefiAnswer.UNWELL,
    }
    return render(request, "sites/diary.html", context)
