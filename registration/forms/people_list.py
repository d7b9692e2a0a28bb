"""The spreadsheet of an organisation, and what holds for everybody on it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.forms.wish import DayForm
from registration.models import DoseKind, PriorityGroup
from registration.services.people_lists import MOST_BYTES, ListAnswers
from vaxplatform.errors import validation_error
from vaxplatform.forms import Form
from vaxplatform.sheets.refusals import FileTooLarge


class PeopleListForm(DayForm):
    organisation = LineField(label=_("Name of the organisation"), max_length=160)
    file = forms.FileField(
        label=_("Spreadsheet of the people"),
        allow_empty_file=True,  # refused by what it holds, in our words
        help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or CSV, at most 1,000 people."),
        widget=forms.FileInput({"accept": ".xlsx,.xls,.ods,.csv"}),
        error_messages={"required": _("Choose the spreadsheet.")},
    )
    group = forms.ModelChoiceField(
        label=_("Priority group of these people"),
        queryset=PriorityGroup.objects.all(),
        to_field_name="number",
        empty_label=_("Choose"),
    )
    field_order = ("organisation", "file", "group", "wanted_on", "wanted_half")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise validation_error(FileTooLarge())
        return file

    def answers(self) -> ListAnswers:
        """The valid form as the service takes it."""
        data = self.cleaned_data
        return ListAnswers(
            organisation=data["organisation"],
            group=data["group"],
            wanted_on=data["wanted_on"],
            wanted_half=data["wanted_half"],
            dose_kind=DoseKind.PRIMARY.value,
        )


class SendListForm(Form):
    consent = forms.BooleanField(
        label=_("Everybody on the list agrees to be registered and vaccinated"),
        help_text=_("For people under 18 the father, the mother or the guardian agrees."),
        error_messages={"required": _("Without their consent the list cannot be sent.")},
    )
