"""What a household may know of its record's life: who looked, and all of it as a file."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registration.models import Citizen
from registration.own_data import as_object, own_data_of
from registration.own_facts import who_looked
from registration.selectors import accesses_of
from registration.services.access import AccessPurpose, log_access, purpose_in_words
from registration.views.guards import account_of, member_or_404, phone_required

LOOKS_A_PAGE = 50


@phone_required
@require_safe
def looks(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Everybody who has opened this record, the latest first."""
    citizen = member_or_404(request, public_id)
    page = Paginator(accesses_of(citizen), LOOKS_A_PAGE).get_page(request.GET.get("page"))
    rows = [(each.at, purpose_in_words(each.purpose), who_looked(each)) for each in page]
    context = {"citizen": citizen, "rows": rows, "page_obj": page}
    return render(request, "registration/looks.html", context)


@phone_required
@require_safe
def data(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What is on record, to read and to print, and the files."""
    citizen = member_or_404(request, public_id)
    context = {"citizen": citizen, "parts": own_data_of(citizen), "now": timezone.now()}
    return render(request, "registration/own_data.html", context)


@phone_required
@require_safe
def data_as_json(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The same for machines."""
    citizen = member_or_404(request, public_id)
    _keep(request, citizen)
    content = as_object(own_data_of(citizen), now=timezone.now())
    options = {"ensure_ascii": False, "indent": 2}
    return _file(JsonResponse(content, json_dumps_params=options), "json")


@phone_required
@require_safe
def data_as_text(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The same as plain text."""
    citizen = member_or_404(request, public_id)
    _keep(request, citizen)
    context = {"parts": own_data_of(citizen), "now": timezone.now()}
    text = render_to_string("registration/own_data.txt", context, request)
    return _file(HttpResponse(text, content_type="text/plain; charset=utf-8"), "txt")


def _keep(request: HttpRequest, citizen: Citizen) -> None:
    """Every phone of the household can read that one of them took the file."""
    log_access(citizen=citizen, account=account_of(request), purpose=AccessPurpose.OWN_DATA)


def _file(response: HttpResponse, ending: str) -> HttpResponse:
    name = _("vaccination-record")
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
