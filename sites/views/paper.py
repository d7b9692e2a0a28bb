"""Doses from paper: the backlog of sites that work without the platform."""

import hashlib
import json
import uuid
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from registration.forms.person import details_of
from registration.services.citizens import CitizenDetails
from sites import rights
from sites.api.doses import expected_by
from sites.forms import PaperDoseForm, walk_in_from_scan
from sites.models import DoseSource
from sites.rights import StaffRequest, own_site, staff_page
from sites.selectors import lots_of
from sites.services.doses import DoseItem, record_dose
from sites.views.desk import frame
from vaxplatform import formatting
from vaxplatform.errors import DomainError


@staff_page(rights.ENTER_PAPER)
def enter_paper(request: StaffRequest) -> HttpResponse:
    """One dose that was given and written on paper; the next one starts with the same session."""
    site, now = own_site(request), timezone.now()
    remembered = request.session.get("paper_dose", {})
    form = PaperDoseForm(
        request.POST or None,
        lots=lots_of(site),
        now=now,
        initial={
            **walk_in_from_scan(None, site),
            **remembered,
            "dose_number": 1,
            "dose_kind": "primary",
            "idempotency_key": uuid.uuid4(),
        },
    )
    if request.method == "POST" and form.is_valid() and not form.needs_a_second_look():
        details = details_of(
            form.cleaned_data,
            province=form.cleaned_data["province"],
            address=form.cleaned_data["address"],
        )
        try:
            recorded = record_dose(
                item=_item(form.cleaned_data, details), site=site, now=now, recorded_by=request.user
            )
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            request.session["paper_dose"] = form.to_remember()
            expected = formatting.moment(expected_by(recorded.dose))
            text = _("The dose is recorded. Certificate expected by %(moment)s.")
            messages.success(request, text % {"moment": expected})
            return redirect("sites_staff:paper")
    return render(request, "sites/paper.html", frame(request, None, form=form, site=site))


def _item(data: dict[str, Any], details: CitizenDetails) -> DoseItem:
    facts = {
        "citizen": asdict(details),
        "lot": data["lot"].pk,
        "number": data["dose_number"],
        "kind": data["dose_kind"],
        "at": data["given_at"].isoformat(),
        "vaccinator": data["vaccinator"],
    }
    return DoseItem(
        idempotency_key=data["idempotency_key"],
        digest=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest(),
        citizen=details,
        dose_number=data["dose_number"],
        dose_kind=data["dose_kind"],
        vaccine_code=data["lot"].vaccine.code,
        lot_number=data["lot"].number,
        administered_at=data["given_at"],
        vaccinator=data["vaccinator"],
        source=DoseSource.PAPER,
    )
