"""Forms of the check-in desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField, PhoneField
from registration.forms.person import KINDS, AddPersonForm
from registration.models import DocumentKind
from sites.models import SessionPart, Site, Vaccine
from sites.services.people import QUERY_LIMIT
from vaxplatform.forms import Form
from vaxplatform.vietnam import CccdScan
from vaxplatform.widgets import RadioCards


class ScanForm(Form):
    """One field for a scanner and for fingers."""

    q = forms.CharField(
        label=_("Scan the QR code, or type a phone, a document number or a name"),
        max_length=QUERY_LIMIT,
        strip=True,
        error_messages={"required": _("Scan a code, or type what you search for.")},
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "data-scan": "",
                "spellcheck": "false",
                "aria-describedby": "qh",
            }
        ),
    )


class ReasonForm(Form):
    """Why something is undone or ended early."""

    reason = LineField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Give the reason.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class WalkInForm(AddPersonForm):
    """Somebody who came without a registration; a phone is asked for and not demanded."""

    phone = PhoneField(
        required=False, help_text=_("A phone of the household. Leave it empty if there is none.")
    )
    id_kind = forms.ChoiceField(
        label=_("Kind of paper"),
        choices=KINDS,
        widget=RadioCards(
            hints={
                DocumentKind.CCCD.value: _("12 digits"),
                DocumentKind.CMND.value: _("9 digits"),
            },
        ),
    )
    address = LineField(label=_("Address"), required=False, max_length=200)
    input_classes = {**AddPersonForm.input_classes, "address": ""}
    field_order = (
        "full_name",
        "date_of_birth",
        "sex",
        "id_kind",
        "id_number",
        "phone",
        "province",
        "address",
        "insurance_number",
        "nationality",
    )


def walk_in_from_scan(scan: CccdScan | None, site: Site) -> dict[str, Any]:
    """What a citizen card's QR fills in; the site's province where it says nothing."""
    if scan is None:
        return {"province": site.province.code, "nationality": "VN", "id_kind": "cccd"}
    return {
        "full_name": scan.full_name,
        "date_of_birth": scan.date_of_birth,
        "sex": scan.sex,
        "id_kind": "cccd",
        "id_number": scan.number,
        "address": scan.address[:200],
        "province": site.province.code,
        "nationality": "VN",
    }


class SessionForm(Form):
    """A session to open today."""

    part = forms.ChoiceField(
        label=_("Part of the day"), choices=SessionPart.choices, widget=RadioCards(row=True)
    )
    vaccine = forms.ModelChoiceField(
        label=_("Vaccine"),
        queryset=Vaccine.objects.all(),
        required=False,
        empty_label=_("Any vaccine in stock"),
    )
    seats = forms.IntegerField(
        label=_("Seats"), min_value=1, max_value=20_000, initial=100, localize=False
    )
    input_classes = {"seats": "w-4"}
