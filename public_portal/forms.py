"""The form with which a site or a province reports a day."""

import copy
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from public_portal.services.reports import MOST_BYTES, ReportRow, rows_of_bytes
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.models import Site, StaffPosting, Vaccine
from sites.scoping import scope_to_posting
from vaxplatform.errors import DomainError, validation_error
from vaxplatform.forms import Form

OF_A_VACCINE = ("vaccine", "doses", "first_doses")
MOST_VACCINES = 6  # of a day in the form; more of them go in a file


class ReportForm(Form):
    """Asks only what the posting leaves open: a site reports for itself, a province for itself or
    one of its sites, the ministry for any. What was typed is judged by `file_reports`.

    The day may have several vaccines: fields of the second end in `_2` and may stay empty.
    """

    province_code = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(), label=_("Province or city"), to_field_name="code"
    )
    site_code = forms.CharField(
        label=_("Code of the vaccination site"),
        help_text=_("Leave empty to report the total of the whole province."),
        required=False,
        max_length=20,
    )
    date = forms.CharField(label=_("Day"), help_text=_("For example: 06/11/2021."), max_length=10)
    vaccine = forms.ModelChoiceField(
        Vaccine.objects.all(),
        label=_("Vaccine"),
        help_text=_("Leave empty for all vaccines together. That total then counts."),
        to_field_name="code",
        required=False,
        empty_label=_("All together"),
    )
    doses = forms.CharField(
        label=_("Doses given that day"),
        help_text=_("Paper included. Sending a day again replaces its figure."),
        max_length=12,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    first_doses = forms.CharField(
        label=_("Of these first doses"),
        required=False,
        max_length=12,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    input_classes = {
        "site_code": "w-14",
        "date": "w-10",
        "doses": "w-10",
        "first_doses": "w-10",
    }

    def __init__(self, *args: Any, posting: StaffPosting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posting = posting
        self.fields["province_code"].queryset = provinces_in_use()  # type: ignore[attr-defined]
        if posting.site or posting.province:
            del self.fields["province_code"]
        if posting.site:
            del self.fields["site_code"]
        for number in range(2, MOST_VACCINES + 1):
            for name in OF_A_VACCINE:
                self.fields[f"{name}_{number}"] = self._again(name)

    def _again(self, name: str) -> forms.Field:
        """The field once more, for another vaccine of the day."""
        field = copy.deepcopy(self.fields[name])
        field.required, field.help_text = False, ""
        field.widget.attrs["class"] = f"input {self.input_classes.get(name, '')}".strip()
        if isinstance(field, forms.ModelChoiceField):
            field.empty_label = "–"
        return field

    @property
    def first_fields(self) -> list[Any]:
        """What every report says: the place, the day, and one vaccine."""
        more = {item.name for fields in self.more_vaccines for item in fields}
        return [item for item in self.visible_fields() if item.name not in more]

    @property
    def more_vaccines(self) -> list[list[Any]]:
        return [
            [self[f"{name}_{number}"] for name in OF_A_VACCINE]
            for number in range(2, MOST_VACCINES + 1)
        ]

    @property
    def has_more_vaccines(self) -> bool:
        return any(item.data for fields in self.more_vaccines for item in fields)

    def clean(self) -> dict[str, Any]:
        """Another vaccine has its name and its doses, or nothing at all."""
        data: dict[str, Any] = super().clean() or {}
        for number in range(2, MOST_VACCINES + 1):
            if any(data.get(f"{name}_{number}") for name in OF_A_VACCINE):
                for name in ("vaccine", "doses"):
                    field = f"{name}_{number}"
                    if not data.get(field) and field not in self.errors:
                        self.add_error(field, self.fields["date"].error_messages["required"])
        return data

    def clean_site_code(self) -> str:
        """A site outside of the posting is as unknown as one that does not exist."""
        code = str(self.cleaned_data["site_code"]).strip()
        if (
            code
            and not scope_to_posting(Site.objects.all(), self.posting, site="")
            .filter(code=code)
            .exists()
        ):
            raise forms.ValidationError(
                _("There is no vaccination site with the code “%(code)s”."),
                code="site_unknown",
                params={"code": code},
            )
        return code

    def rows(self) -> list[ReportRow]:
        """What was typed, a row of a report for each vaccine; only after `is_valid`."""
        numbers = range(2, MOST_VACCINES + 1)
        return [
            self._row(1, ""),
            *(self._row(n, f"_{n}") for n in numbers if self.cleaned_data[f"vaccine_{n}"]),
        ]

    def add_refusal(self, line: int, error: DomainError) -> None:
        """Show why the row of a vaccine was not filed, beside its field; what is said of the day
        or the place is said once."""
        name = error.field or ""
        if line > 1 and name in OF_A_VACCINE:
            name = f"{name}_{line}"
        elif name not in self.fields:
            name = f"vaccine_{line}" if line > 1 else ""
        text = validation_error(error)
        if error.detail not in self.errors.get(name or NON_FIELD_ERRORS, []):
            self.add_error(name or None, text)

    def _row(self, line: int, ending: str) -> ReportRow:
        data, posting = self.cleaned_data, self.posting
        vaccine = data[f"vaccine{ending}"]
        if posting.site:
            place = (posting.site.province.code, posting.site.code)
        elif posting.province:
            place = (posting.province.code, data["site_code"])
        else:
            place = (data["province_code"].code, data["site_code"])
        return ReportRow(
            line=line,
            province_code=place[0],
            site_code=place[1],
            date=data["date"].strip(),
            vaccine=vaccine.code if vaccine else "",
            doses=data[f"doses{ending}"].strip(),
            first_doses=data[f"first_doses{ending}"].strip(),
        )


class ReportFileForm(Form):
    """A CSV file of daily reports; its rows are judged by `file_reports`."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Columns: province_code, site_code, date, vaccine, doses, first_doses; site_code,"
            " vaccine and first_doses may be left out."
        ),
        widget=forms.ClearableFileInput({"accept": ".csv,text/csv"}),
    )

    def rows(self) -> list[ReportRow]:
        """Only after `is_valid`; raises what `rows_of_bytes` raises."""
        upload = self.cleaned_data["file"]
        return rows_of_bytes(upload.read(MOST_BYTES + 1))
