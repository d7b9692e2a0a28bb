"""Forms of the import: the file, and what its columns mean."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sites import exceptions
from sites.import_words import FIELD_NAMES, letter_of, missing_sentence
from sites.imports.headings import DOSE, PARTS, PERSON, REQUIRED, Column, Headings
from sites.services.import_queue import MOST_BYTES
from vaxplatform.errors import validation_error
from vaxplatform.forms import Form

ALWAYS_NEEDED: Final = frozenset({*REQUIRED, "province_code", "dose_number"})


class SendFileForm(Form):
    """A spreadsheet of doses that were given on paper."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        allow_empty_file=True,  # refused by what it holds, in our words
        help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or CSV, at most 20 MB."),
        widget=forms.FileInput({"accept": ".xlsx,.xls,.ods,.csv"}),
        error_messages={"required": _("Choose the file.")},
    )
    creates_lots = forms.BooleanField(
        label=_("Take in lots that other sites hold"),
        required=False,
        help_text=_(
            "For doses of lots that this site never entered: if another site holds the lot, it is"
            " entered here with as many doses as the file says. Otherwise these rows wait for you."
        ),
    )

    all_here = forms.BooleanField(
        label=_("All doses of the file were given here"),
        required=False,
        help_text=_(
            "Whatever place its rows name, for example a school where your team went. Otherwise"
            " doses that name another place wait for you."
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise validation_error(exceptions.FileTooLarge())
        return file


class LeaveOutForm(Form):
    """Why a row is no dose of this site's."""

    reason = forms.CharField(
        label=_("Reason for leaving it out"),
        max_length=200,
        error_messages={"required": _("Give the reason.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class ColumnsForm(Form):
    """What each column of a sheet means; `columns` after validation. `samples`: some cells of
    each column, by its position."""

    def __init__(
        self, *args: Any, headings: Headings, samples: Mapping[int, Sequence[str]], **kwargs: Any
    ) -> None:
        self.headings = headings
        self.columns: dict[int, Column] = {}
        super().__init__(*args, **kwargs)
        for position, text in enumerate(headings.texts):
            if text or samples.get(position):
                self.fields[name_of(position)] = _menu(
                    position, text, samples.get(position, ()), headings.columns.get(position)
                )
                self.fields[name_of(position)].widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        taken: dict[Column, str] = {}
        for position in range(len(self.headings.texts)):
            chosen = cleaned.get(name_of(position))
            if not chosen:
                continue
            column = column_of(chosen)
            if column in taken:
                text = gettext("Two columns cannot mean the same. Choose another for one of them.")
                self.add_error(name_of(position), text)
            taken[column] = chosen
            self.columns[position] = column
        missing = self.headings.mapped(self.columns).missing
        if missing and not self.errors:
            self.add_error(None, missing_sentence(missing))
        return cleaned


def name_of(position: int) -> str:
    return f"column_{position}"


def value_of(column: Column) -> str:
    return f"{column[0]}:{column[1]}"


def column_of(value: str) -> Column:
    name, _colon, part = value.partition(":")
    return name, int(part)


def _menu(
    position: int, text: str, samples: Sequence[str], found: Column | None
) -> forms.ChoiceField:
    label = f"{letter_of(position)} · {text}" if text else letter_of(position)
    shown = " · ".join(samples)
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=_choices,
        initial=value_of(found) if found else "",
        help_text=gettext("For example: %(cells)s") % {"cells": shown}
        if shown
        else gettext("Empty"),
    )


def _help(shown: str) -> str:
    return gettext("For example: %(cells)s") % {"cells": shown} if shown else gettext("Empty")


def _choices() -> list[Any]:
    def group(names: Mapping[str, Any], part: int) -> list[tuple[str, str]]:
        return [
            (
                value_of((name, part)),
                f"{FIELD_NAMES[name]} *" if name in ALWAYS_NEEDED else str(FIELD_NAMES[name]),
            )
            for name in names
        ]

    sides = [
        (gettext("Dose %(number)d of the row") % {"number": n}, n) for n in range(1, PARTS + 1)
    ]
    return [
        ("", gettext("Not used")),
        (gettext("About the person"), group(PERSON, 0)),
        (gettext("About the dose (one in each row)"), group(DOSE, 0)),
        *((title, group(DOSE, part)) for title, part in sides),
    ]
