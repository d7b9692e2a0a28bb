"""Recording a dose at the desk, and one from paper."""

import datetime
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.models import DoseKind
from sites.forms.desk import WalkInForm
from sites.models import Lot
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import FormMixin
from vaxplatform.vietnam import TIME_ZONE, day_in_vietnam
from vaxplatform.widgets import RadioCards

CLOCK = re.compile(r"(\d{1,2})[:hg.](\d{2})")
DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
NOON = datetime.time(12)


class ClockField(forms.CharField):
    """A time of day on the 24-hour clock: 9:05, 09:05, 9h05. Cleans to a time or None."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = CLOCK.fullmatch(text)
        try:
            if found:
                return datetime.time(int(found[1]), int(found[2]))
        except ValueError:
            pass
        raise forms.ValidationError(_("Enter the time as hours and minutes, for example 9:05."))


class DayField(forms.CharField):
    """A day as people here write it, 06/11/2021."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found = DAY.fullmatch(text)
        try:
            return (
                datetime.date(int(found[3]), int(found[2]), int(found[1])) if found else _no_day()
            )
        except ValueError:
            return _no_day()


def _no_day() -> Any:
    raise forms.ValidationError(_("Enter the day as day/month/year, for example 06/11/2021."))


class LotChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} · {obj.vaccine}"


def lot_hints(lots: QuerySet[Lot]) -> dict[Any, str]:
    """Expiry and rest under each lot."""
    return {
        lot.pk: _("Expires %(day)s · %(left)s doses left")
        % {"day": formatting.day(lot.expires_on), "left": formatting.number(lot.doses_left)}
        for lot in lots
    }


class _DoseFields(FormMixin, forms.Form):
    """What both forms ask. `now` is the moment of the page."""

    lot = LotChoice(
        label=_("Lot"), queryset=Lot.objects.none(), empty_label=None, widget=RadioCards
    )
    dose_number = forms.IntegerField(
        label=_("Dose number"), min_value=1, max_value=9, localize=False
    )
    dose_kind = forms.ChoiceField(label=_("Kind of dose"), choices=DoseKind.choices)
    given_time = ClockField(
        label=_("Time of the injection"),
        required=False,
        max_length=5,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    vaccinator = LineField(label=_("Vaccinator"), max_length=100)
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)
    input_classes = {"dose_number": "w-2", "dose_kind": "w-14", "given_time": "w-4"}
    # Where a service names a field of its own, the input that is meant here.
    inputs: ClassVar[Mapping[str, str]] = {
        "lot_number": "lot",
        "vaccine": "lot",
        "administered_at": "given_time",
    }

    def __init__(
        self, *args: Any, lots: QuerySet[Lot], now: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        field: Any = self.fields["lot"]
        field.queryset = lots
        field.widget.hints = lot_hints(lots)

    def refuse(self, refusal: DomainError) -> None:
        """Show a service's refusal beside the input it is about."""
        refusal.field = self.inputs.get(refusal.field or "", refusal.field)
        add_to_form(self, refusal)


class DoseForm(_DoseFields):
    """The dose of a visit; number and kind are proposed and can be changed."""

    override_reason = LineField(
        label=_("Reason why one person screens and injects"), required=False, max_length=300
    )
    field_order = ("lot", "given_time", "vaccinator", "override_reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["given_time"].help_text = _("Leave it empty if it was just now.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        time, today = data.get("given_time"), day_in_vietnam(self.now)
        data["given_at"] = (
            datetime.datetime.combine(today, time, tzinfo=TIME_ZONE) if time else None
        )
        return data

    @property
    def differs(self) -> bool:
        """Whether number or kind must be in sight: an error is about them."""
        return bool(self.is_bound and (self.errors.get("dose_number") or self["dose_kind"].errors))


class PaperDoseForm(_DoseFields, WalkInForm):
    """A dose that was written on paper: the person, and when it was given."""

    given_on = DayField(
        label=_("Day of the injection"),
        max_length=10,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    lot = LotChoice(label=_("Lot"), queryset=Lot.objects.none(), empty_label=_("Choose"))
    input_classes = {
        **WalkInForm.input_classes,
        **_DoseFields.input_classes,
        "given_on": "w-10",
        "lot": "w-14",
        "vaccinator": "w-14",
    }
    remembered = ("lot", "given_on", "vaccinator")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["given_time"].help_text = _("Empty means 12:00.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        day, time = data.get("given_on"), data.get("given_time")
        if day:
            moment = datetime.datetime.combine(day, time or NOON, tzinfo=TIME_ZONE)
            # Without a time noon is written; on the very day that may not have come yet.
            data["given_at"] = min(moment, self.now) if time is None else moment
        return data

    def to_remember(self) -> dict[str, Any]:
        """What the next sheet of the same pile has in common with this one."""
        return {name: self.data.get(name, "") for name in self.remembered}
