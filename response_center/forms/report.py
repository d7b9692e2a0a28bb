"""Reporting a problem: the fields depend on what it is about and on whether we know who asks."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField, NameField, PhoneField
from registration.models import Account, Citizen
from registration.selectors import household_of
from response_center.forms.site_choice import SITE_FIELDS, SiteChoiceForm
from response_center.models import CaseKind
from response_center.rules import read_case_number
from response_center.services.opening import ABOUT_A_RECORD, Report
from sites.models import Vaccine
from vaxplatform.formatting import is_english
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.widgets import PartialDateWidget, RadioCards

# Which parts of the form each kind asks for, besides the person and the words.
ASKS_FOR: dict[str, frozenset[str]] = {
    CaseKind.NO_CERTIFICATE: frozenset({"day", "site", "dose", "vaccine"}),
    CaseKind.WRONG_DATA: frozenset({"site", "dose"}),
    CaseKind.NOT_MY_DOSE: frozenset({"day", "site", "dose"}),
    CaseKind.REACTION: frozenset({"day", "site", "vaccine"}),
    CaseKind.QUESTION: frozenset(),
    CaseKind.COMPLAINT: frozenset({"site"}),
}
DOSE_NUMBERS = range(1, 5)
PARTS = {
    "day": ("administered_on",),
    "site": SITE_FIELDS,
    "dose": ("dose_number",),
    "vaccine": ("vaccine", "lot_number"),
}


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


class ReportForm(SiteChoiceForm):
    """Made for one kind of report, and for an account or a stranger."""

    person = forms.ChoiceField(label=_("Who is it about?"), widget=RadioCards)
    full_name = NameField(label=_("Full name of the person who was vaccinated"))
    date_of_birth = DateOfBirthField(label=_("Date of birth of that person"))
    administered_on = DayField(
        label=_("Day of the shot"),
        required=False,
        help_text=_("As on the paper. If you do not remember the day, leave it empty."),
    )
    dose_number = forms.TypedChoiceField(
        label=_("Which dose?"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=RadioCards(row=True),
        choices=[(str(n), _("Dose %(number)d") % {"number": n}) for n in DOSE_NUMBERS],
    )
    vaccine = forms.ModelChoiceField(
        Vaccine.objects.all(), label=_("Vaccine"), required=False, to_field_name="code"
    )
    lot_number = LineField(label=_("Lot number"), required=False, max_length=30)
    description = forms.CharField(
        label=_("What happened?"), max_length=3000, widget=forms.Textarea({"rows": 5})
    )
    phone = PhoneField(
        help_text=_("We send a code to it now and the answer later. It is shown to nobody else.")
    )
    input_classes = {"phone": "w-14", "lot_number": "w-14"}
    field_order = (
        "person",
        "full_name",
        "date_of_birth",
        "administered_on",
        *SITE_FIELDS,
        "dose_number",
        "vaccine",
        "lot_number",
        "description",
        "phone",
    )

    def __init__(
        self, *args: Any, kind: str, account: Account | None, now: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.account, self.now = kind, account, now
        self.people: Sequence[Citizen] = list(household_of(account)) if account else []
        self._keep_what_is_asked()
        self._say_what_is_meant()
        self._offer_people()
        self.offer_sites()

    def _keep_what_is_asked(self) -> None:
        unused = {"person"} if not self.people else {"full_name", "date_of_birth"}
        if self.kind not in ABOUT_A_RECORD:
            unused |= {"full_name", "date_of_birth", "person"}
        if self.account is not None:
            unused.add("phone")
        asked = ASKS_FOR[self.kind]
        unused.update(name for part, names in PARTS.items() if part not in asked for name in names)
        for name in unused:
            del self.fields[name]

    def _say_what_is_meant(self) -> None:
        words = self.fields["description"]
        if self.kind == CaseKind.NO_CERTIFICATE:
            words.required = False
            words.label = _("Anything else we should know?")
        elif self.kind == CaseKind.QUESTION:
            words.label = _("Your question")
        elif self.kind == CaseKind.WRONG_DATA:
            words.label = _("What is wrong, and what is right?")

    def _offer_people(self) -> None:
        if "person" in self.fields:
            choices = [(str(citizen.public_id), citizen.full_name) for citizen in self.people]
            self.fields["person"].choices = choices  # type: ignore[attr-defined]
            if len(choices) == 1:
                self.initial.setdefault("person", choices[0][0])

    def report(self) -> Report:
        """The report that a valid form makes."""
        values = self.cleaned_data
        people = {str(citizen.public_id): citizen for citizen in self.people}
        phone = self.account.phone if self.account else None
        return Report(
            kind=self.kind,
            phone=phone or values["phone"],
            citizen=people.get(values.get("person", "")),
            full_name=values.get("full_name", ""),
            date_of_birth=values.get("date_of_birth", ""),
            description=values.get("description", ""),
            site=values.get("chosen_site"),
            vaccine=values.get("vaccine"),
            lot_number=values.get("lot_number", ""),
            administered_on=values.get("administered_on"),
            dose_number=values.get("dose_number"),
            language="en" if is_english(get_language()) else "vi",
        )


class FollowForm(Form):
    """Who has no account follows a case with the phone it was sent from."""

    phone = PhoneField(help_text=_("The number you gave in the report. We send a code to it."))
    number = forms.CharField(
        label=_("Case number"),
        required=False,
        max_length=40,
        help_text=_("For example PA-7K3M-2Q. Leave it empty to see all your reports."),
    )
    input_classes = {"phone": "w-14", "number": "w-14"}

    def clean_number(self) -> str:
        typed = self.cleaned_data["number"]
        number = read_case_number(typed)
        if typed.strip() and not number:
            raise forms.ValidationError(
                _("A case number has PA and six letters or figures, for example PA-7K3M-2Q."),
                code="not_a_case_number",
            )
        return number
