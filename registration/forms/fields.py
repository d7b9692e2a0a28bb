"""Fields that clean to the normal forms of vaxplatform.vietnam."""

import datetime
from collections.abc import Callable
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registration.rules import plain_line
from vaxplatform.errors import DomainError, validation_error
from vaxplatform.vietnam import normalise_name, normalise_phone
from vaxplatform.widgets import PartialDateWidget

NOT_COUNTRIES = frozenset({"ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"})


def said_as_error(normalise: Callable[[str], str], value: str) -> str:
    """`normalise(value)`, its refusal as a form error."""
    try:
        return normalise(value)
    except DomainError as refusal:
        raise validation_error(refusal) from refusal


class NameField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Full name"))
        kwargs.setdefault("help_text", _("With accents, as it stands on the papers."))
        kwargs.setdefault("widget", forms.TextInput({"autocomplete": "name"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return said_as_error(normalise_name, text) if text else ""


class PhoneField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phone number"))
        kwargs.setdefault(
            "widget", forms.TextInput({"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return said_as_error(normalise_phone, text) if text else ""


class LineField(forms.CharField):
    """One line of free text, without invisible characters."""

    def to_python(self, value: Any) -> str:
        return plain_line(super().to_python(value) or "")


class DayField(forms.Field):
    """A day in three inputs; cleans to a date, or None when an optional one is left empty."""

    widget = PartialDateWidget

    def clean(self, value: Any) -> datetime.date | None:
        day, month, year = ((part or "").strip() for part in (value or ["", "", ""]))
        if not (day or month or year):
            self.validate("")
            return None
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            raise forms.ValidationError(
                _("There is no such day. Write day, month and year in figures, as 3 11 2021."),
                code="no_such_day",
            ) from None

    def validate(self, value: Any) -> None:
        if self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")


def countries() -> list[tuple[str, str]]:
    """ISO 3166 codes with their names in the language of the moment, Viet Nam first."""
    names = Locale.parse(get_language() or "vi").territories
    known = [
        (code, name)
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES and code != "VN"
    ]
    return [("VN", names["VN"]), *sorted(known, key=lambda pair: pair[1])]


def plain_phone(number: str) -> str:
    """+84912345678 as its owner writes it: 0912345678."""
    return "0" + number.removeprefix("+84") if number.startswith("+84") else number
