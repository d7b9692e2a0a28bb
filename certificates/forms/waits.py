"""Which days the officials look at, and which doses."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.waits import MOST_DAYS, Period
from sites.models import DoseSource
from vaxplatform.forms import Form

ISO_OR_VIETNAMESE = ("%Y-%m-%d", "%d/%m/%Y")

EARLIEST = datetime.date(2021, 1, 1)  # the first vaccinations: 8 March 2021


class DayInput(forms.DateInput):
    """The browser's own picker of a day; a browser without one takes the text."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PeriodForm(Form):
    """One day, or some days to another one; `today` is the last that can be asked for."""

    first = forms.DateField(
        label=_("Day of entry"), input_formats=ISO_OR_VIETNAMESE, widget=DayInput()
    )
    last = forms.DateField(
        label=_("Last day of entry"),
        required=False,
        input_formats=ISO_OR_VIETNAMESE,
        widget=DayInput(),
    )
    source = forms.ChoiceField(choices=DoseSource, widget=forms.HiddenInput)
    input_classes = {"first": "w-10", "last": "w-10"}

    def __init__(self, query: Any, *, today: datetime.date) -> None:
        data = query.copy()
        if not data.get("first"):
            data["first"] = today.isoformat()
        if data.get("source") not in DoseSource:
            data["source"] = DoseSource.LIVE.value
        super().__init__(data)
        self.today = today

    def clean_first(self) -> datetime.date:
        first: datetime.date = self.cleaned_data["first"]
        if first > self.today:
            raise forms.ValidationError(_("This day has not come yet."), code="future")
        if first < EARLIEST:
            raise forms.ValidationError(
                _("No one was vaccinated then. Choose a day from 2021 on."), code="before"
            )
        return first

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if not first or not last:
            return data
        if last > self.today:
            self.add_error("last", _("This day has not come yet."))
        elif last < first:
            self.add_error("last", _("The last day lies before the first."))
        elif (last - first).days >= MOST_DAYS:
            self.add_error(
                "last",
                forms.ValidationError(
                    _("At most %(days)s days can be looked at together."),
                    params={"days": MOST_DAYS},
                    code="too_many_days",
                ),
            )
        return data

    @property
    def period(self) -> Period:
        """Only after `is_valid`."""
        first = self.cleaned_data["first"]
        return Period(first, self.cleaned_data["last"] or first)

    @property
    def chosen_source(self) -> DoseSource:
        return DoseSource(self.data["source"])
