"""Forms of the stock."""

import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from sites.forms.dose import DayField
from sites.models import Site, Vaccine
from sites.services.stock import LOT_NUMBER_LIMIT, MOST_DOSES
from vaxplatform.forms import FormMixin


class MovementForm(FormMixin, forms.Form):
    """A movement of stock, named so that pressing twice moves once."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ReceiveForm(MovementForm):
    """Doses that came in; the site is asked only of staff with several."""

    site = forms.ModelChoiceField(
        label=_("Vaccination site"), queryset=Site.objects.none(), empty_label=_("Choose")
    )
    vaccine = forms.ModelChoiceField(
        label=_("Vaccine"), queryset=Vaccine.objects.all(), empty_label=_("Choose")
    )
    number = LineField(
        label=_("Lot number"),
        max_length=LOT_NUMBER_LIMIT,
        help_text=_("As it stands on the box, with letters and hyphens."),
    )
    expires_on = DayField(
        label=_("Expires on"),
        max_length=10,
        help_text=_("Day, month and year, for example 30/11/2021."),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    doses = forms.IntegerField(
        label=_("Doses received"), min_value=1, max_value=MOST_DOSES, localize=False
    )
    input_classes = {
        "vaccine": "w-14", "number": "w-14", "expires_on": "w-10", "doses": "w-4",
    }  # fmt: skip

    def __init__(self, *args: Any, sites: QuerySet[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["site"]
        field.queryset = sites
        if sites.count() == 1:
            field.initial, field.empty_label = sites[0].pk, None


class WasteForm(MovementForm):
    """Doses to write off."""

    doses = forms.IntegerField(
        label=_("Doses to write off"), min_value=1, max_value=MOST_DOSES, localize=False
    )
    reason = LineField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For example: a broken vial, or an opened vial at the end of the day."),
        error_messages={"required": _("Give the reason.")},
    )
    input_classes = {"doses": "w-4"}
