"""The form with which a site or a province reports a day."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from public_portal.services.reports import MOST_BYTES, ReportRow, rows_of_bytes
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.models import Site, StaffPosting, Vaccine
from sites.scoping import scope_to_posting
from vaxplatform.forms import Form


class ReportForm(Form):
    """Asks only what the posting leaves open: a site reports for itself, a province for itself or
    one of its sites, the ministry for any. What was typed is judged by `file_reports`."""

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

    def row(self) -> ReportRow:
        """What was typed, as a row of a report; only after `is_valid`."""
        data, posting = self.cleaned_data, self.posting
        if posting.site:
            place = (posting.site.province.code, posting.site.code)
        elif posting.province:
            place = (posting.province.code, data["site_code"])
        else:
            place = (data["province_code"].code, data["site_code"])
        return ReportRow(
            line=1,
            province_code=place[0],
            site_code=place[1],
            date=data["date"].strip(),
            vaccine=data["vaccine"].code if data["vaccine"] else "",
            doses=data["doses"].strip(),
            first_doses=data["first_doses"].strip(),
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
