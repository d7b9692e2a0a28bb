"""Narrowing the lists of cases, and finding one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from registration.selectors import districts_in_use, provinces_in_use
from response_center.models import CaseCause, CaseKind, CaseLevel, CaseUrgency
from response_center.rules import read_case_number
from response_center.selectors import Filters
from sites.models import StaffPosting
from vaxplatform.forms import Form
from vaxplatform.vietnam.text import ascii_digits

EVERYTHING = ("", _("All"))
DIGITS_AT_LEAST = 4  # of the end of a phone number


def _or_all(choices: Any) -> list[tuple[Any, Any]]:
    return [EVERYTHING, *choices]


class FilterForm(Form):
    """GET: what the lists show. Levels, provinces and districts are offered as far as the posting
    reaches; a value that is not offered narrows nothing."""

    kind = forms.ChoiceField(label=_("About"), choices=_or_all(CaseKind.choices), required=False)
    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=_or_all(CaseUrgency.choices), required=False
    )
    cause = forms.ChoiceField(label=_("Cause"), choices=_or_all(CaseCause.choices), required=False)
    level = forms.ChoiceField(label=_("With"), choices=_or_all(CaseLevel.choices), required=False)
    province = forms.ModelChoiceField(
        provinces_in_use(),
        label=_("Province or city"),
        required=False,
        to_field_name="code",
        empty_label=EVERYTHING[1],
    )
    district = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(),
        label=_("District"),
        required=False,
        to_field_name="code",
        empty_label=EVERYTHING[1],
    )

    def __init__(self, data: Any, *, posting: StaffPosting) -> None:
        super().__init__(data)
        province = posting.province or self._province_in(data)
        if posting.site_id or posting.district_id:
            for name in ("level", "province", "district"):
                del self.fields[name]
            return
        if posting.province_id:
            del self.fields["province"]
        field: Any = self.fields["district"]
        if province is None:
            del self.fields["district"]
        else:
            field.queryset = districts_in_use().filter(parent=province)

    def _province_in(self, data: Any) -> AdministrativeUnit | None:
        return provinces_in_use().filter(code=data.get("province", "")[:10]).first()

    @property
    def filters(self) -> Filters:
        """What was chosen; of what cannot be read, nothing."""
        self.is_valid()
        values = self.cleaned_data
        urgency = values.get("urgency")
        return Filters(
            kind=values.get("kind", ""),
            cause=values.get("cause", ""),
            level=values.get("level", ""),
            urgency=int(urgency) if urgency else None,
            province=values.get("province"),
            district=values.get("district"),
        )

    @property
    def chosen(self) -> list[str]:
        """What the lists are narrowed to, in words."""
        values = self.filters
        words: list[Any] = [
            values.kind and CaseKind(values.kind).label,
            values.urgency and CaseUrgency(values.urgency).label,
            values.cause and CaseCause(values.cause).label,
            values.level and CaseLevel(values.level).label,
            values.province and values.province.full_name,
            values.district and values.district.full_name,
        ]
        return [str(word) for word in words if word]


class FindForm(Form):
    """POST, so that nothing of a person stands in an address: a case number, or the end of a phone
    number, as `number` or `digits` in the cleaned data."""

    text = forms.CharField(
        label=_("Find a report"),
        help_text=_("The case number, or the last 4 digits or more of the phone."),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    input_classes = {"text": "w-14"}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        self.number = read_case_number(text)
        digits = "".join(ch for ch in ascii_digits(text) if ch in "0123456789")
        self.digits = digits.removeprefix("84").removeprefix("0") if len(digits) > 8 else digits
        if not self.number and len(self.digits) < DIGITS_AT_LEAST:
            raise forms.ValidationError(
                _("Write a case number such as PA-7K3M-2Q, or at least 4 digits."), code="unread"
            )
        return text
