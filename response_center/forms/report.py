"""Reporting a problem: the fields depend on what it is about and on whether we know who asks."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField, NameField, PhoneField
from registration.models import Account, Citizen
from registration.selectors import household_of, provinces_in_use
from response_center.models import CaseKind
from response_center.rules import read_case_number
from response_center.selectors import sites_named
from response_center.services.opening import ABOUT_A_RECORD, Report
from sites.models import Site, Vaccine
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
SITES_OFFERED = 12
PARTS = {
    "day": ("administered_on",),
    "site": ("province", "site_name", "site"),
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


class ReportForm(Form):
    """Made for one kind of report, and for an account or a stranger."""

    person = forms.ChoiceField(label=_("Who is it about?"), widget=RadioCards)
    full_name = NameField(label=_("Full name of the person who was vaccinated"))
    date_of_birth = DateOfBirthField(label=_("Date of birth of that person"))
    administered_on = DayField(
        label=_("Day of the shot"),
        required=False,
        help_text=_("As on the paper. If you do not remember the day, leave it empty."),
    )
    province = forms.ModelChoiceField(
        provinces_in_use(), label=_("Province or city of the vaccination site"), required=False
    )
    site_name = LineField(
        label=_("Vaccination site"),
        required=False,
        max_length=120,
        help_text=_("A part of its name is enough; accents are not needed."),
    )
    site = forms.ChoiceField(
        label=_("Which of these sites?"), required=False, widget=RadioCards, choices=()
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

    def __init__(
        self, *args: Any, kind: str, account: Account | None, now: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.account, self.now = kind, account, now
        self.people: Sequence[Citizen] = list(household_of(account)) if account else []
        self.offered_sites: list[Site] = []
        self._keep_what_is_asked()
        self._say_what_is_meant()
        self._offer_people()
        self._offer_sites()

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

    def _offer_sites(self) -> None:
        """After an ambiguous name the page comes back with the sites that it fits, as cards."""
        if "site" not in self.fields:
            return
        typed = self.data.get(self.add_prefix("site_name"), "")[:120] if self.is_bound else ""
        if typed:
            self.offered_sites = self._sites_named(typed)
        if len(self.offered_sites) < 2:
            del self.fields["site"]
            return
        self.fields["site"].choices = [  # type: ignore[attr-defined]
            (str(site.public_id), f"{site.name}, {site.province.name}")
            for site in self.offered_sites
        ]

    def _sites_named(self, typed: str) -> list[Site]:
        code = self.data.get(self.add_prefix("province"), "")
        province = provinces_in_use().filter(pk=code).first() if code.isdecimal() else None
        return sites_named(typed, province=province, limit=SITES_OFFERED)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "site_name" not in self.fields:
            return values
        values["chosen_site"] = self._choose_site(values)
        return values

    def _choose_site(self, values: dict[str, Any]) -> Site | None:
        typed = values.get("site_name")
        if not typed:
            return None
        if not self.offered_sites:
            self.add_error(
                "site_name",
                forms.ValidationError(
                    _("No vaccination site has this name here. Try another part of the name, or "
                      "leave it empty and we will look for it."),
                    code="site_unknown",
                ),
            )  # fmt: skip
            return None
        if len(self.offered_sites) == 1:
            return self.offered_sites[0]
        by_id = {str(site.public_id): site for site in self.offered_sites}
        chosen = by_id.get(values.get("site", ""))
        if chosen is None:
            self.add_error(
                "site",
                forms.ValidationError(
                    _("Several sites have this name. Choose yours."), code="site_ambiguous"
                ),
            )
        return chosen

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
