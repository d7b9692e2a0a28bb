"""Reporting a problem: the fields depend on what it is about and on whether we know who asks."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import DayField, LineField, NameField, PhoneField
from registration.models import Account, Citizen
from registration.selectors import household_of
from response_center.corrected import OF_THE_DOSE, right_value
from response_center.forms.adding import PhotoField, WordsField
from response_center.forms.right_values import PREFIX, right_fields, told_values
from response_center.forms.site_choice import SITE_FIELDS, SiteChoiceForm
from response_center.models import CaseKind, EvidenceKind
from response_center.rules import read_case_number
from response_center.services.opening import ABOUT_A_RECORD, Report, dose_told
from sites.models import Vaccine
from vaxplatform.errors import InvalidInput, validation_error
from vaxplatform.formatting import is_english
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.vietnam import day_in_vietnam
from vaxplatform.widgets import CheckboxCards, RadioCards

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
DANGER_SIGNS = (
    ("breath", _("Breathing is hard, or the chest hurts")),
    ("swelling", _("The face, the lips or the throat swell")),
    ("faint", _("Somebody fainted, has cramps or cannot be woken")),
    ("bleeding", _("A very strong headache, cold sweat, or bleeding that does not stop")),
    ("fever", _("Fever over 39 °C that does not go down")),
)
PARTS = {
    "day": ("administered_on",),
    "site": SITE_FIELDS,
    "dose": ("dose_number",),
    "vaccine": ("vaccine", "lot_number"),
}


def _dose_choices() -> list[tuple[str, str]]:
    """In the language of the reader, so asked for with each form."""
    return [(str(n), gettext("Dose %(number)d") % {"number": n}) for n in DOSE_NUMBERS]


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
        choices=_dose_choices,
    )
    vaccine = forms.ModelChoiceField(
        Vaccine.objects.all(), label=_("Vaccine"), required=False, to_field_name="code"
    )
    lot_number = LineField(label=_("Lot number"), required=False, max_length=30)
    danger = forms.MultipleChoiceField(
        label=_("Is there any of these signs?"),
        required=False,
        choices=DANGER_SIGNS,
        widget=CheckboxCards,
        help_text=_("With one of them, call 115 first and write afterwards."),
    )
    description = WordsField(label=_("What happened?"))
    photo = PhotoField(label=_("Photo of the vaccination slip or paper"), required=False)
    phone = PhoneField(
        help_text=_("We send a code to it now and the answer later. It is shown to nobody else.")
    )
    input_classes = {"phone": "w-14", "lot_number": "w-14"}
    field_order = (
        "danger",
        "person",
        "full_name",
        "date_of_birth",
        "administered_on",
        *SITE_FIELDS,
        "dose_number",
        "vaccine",
        "lot_number",
        "description",
        "photo",
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
        self._ask_what_is_right()
        self.offer_sites()

    def _keep_what_is_asked(self) -> None:
        unused = {"person"} if not self.people else {"full_name", "date_of_birth"}
        if self.kind not in ABOUT_A_RECORD:
            unused |= {"full_name", "date_of_birth", "person"}
        if self.account is not None:
            unused.add("phone")
        else:
            unused.add("photo")  # nobody's file is kept before the phone is proven
        if self.kind != CaseKind.REACTION:
            unused.add("danger")
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
            words.required = False
            words.label = _("Anything else we should know?")

    def _offer_people(self) -> None:
        if "person" in self.fields:
            choices = [(str(citizen.public_id), citizen.full_name) for citizen in self.people]
            self.fields["person"].choices = choices  # type: ignore[attr-defined]
            if len(choices) == 1:
                self.initial.setdefault("person", choices[0][0])

    def _ask_what_is_right(self) -> None:
        if self.kind != CaseKind.WRONG_DATA:
            return
        citizen = self._citizen(self.data.get("person") or self.initial.get("person", ""))
        number = str(self.data.get("dose_number") or self.initial.get("dose_number", ""))
        told = Report(
            kind=self.kind,
            phone="",
            citizen=citizen,
            dose_number=int(number) if number in ("1", "2", "3", "4") else None,
        )
        dose = dose_told(told) if told.dose_number else None
        self.add_fields(right_fields(DayField, citizen=citizen, dose=dose))

    def _citizen(self, public_id: str) -> Citizen | None:
        return next((each for each in self.people if str(each.public_id) == public_id), None)

    def right_of_person(self) -> list[forms.BoundField]:
        return [self[name] for name in self._right() if not _is_of_dose(name)]

    def right_of_dose(self) -> list[forms.BoundField]:
        return [self[name] for name in self._right() if _is_of_dose(name)]

    def who(self) -> list[forms.BoundField]:
        """Whom it is about, and the other fields that come before what is right."""
        names = ("person", "full_name", "date_of_birth")
        return [self[name] for name in names if name in self.fields]

    def rest(self) -> list[forms.BoundField]:
        """What is asked besides: the site, words, a photo, the phone."""
        shown = {"person", "full_name", "date_of_birth", "dose_number", *self._right()}
        return [self[name] for name in self.fields if name not in shown]

    def _right(self) -> list[str]:
        return [name for name in self.fields if name.startswith(PREFIX)]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.kind != CaseKind.WRONG_DATA:
            return values
        values["corrections"] = self._read_right(values)
        if not (values["corrections"] or values.get("description", "").strip() or self.errors):
            self.add_error(None, _NOTHING_SAID)
        elif (
            any(_is_of_dose(PREFIX + field) for field, _value in values["corrections"])
            and not values.get("dose_number")
            and "dose_number" in self.fields
        ):
            self.add_error("dose_number", _WHICH_DOSE)
        return values

    def _read_right(self, values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        today = day_in_vietnam(self.now)
        read = []
        for field, text in told_values(values).items():
            try:
                read.append((field, right_value(field, text, on=today)))
            except InvalidInput as refusal:
                self.add_error(PREFIX + field, validation_error(refusal))
        return tuple(read)

    def report(self) -> Report:
        """The report that a valid form makes."""
        values = self.cleaned_data
        photo = values.get("photo")
        phone = self.account.phone if self.account else None
        return Report(
            kind=self.kind,
            phone=phone or values["phone"],
            citizen=self._citizen(values.get("person", "")),
            full_name=values.get("full_name", ""),
            date_of_birth=values.get("date_of_birth", ""),
            description=values.get("description", ""),
            site=values.get("chosen_site"),
            vaccine=values.get("vaccine"),
            lot_number=values.get("lot_number", ""),
            administered_on=values.get("administered_on"),
            dose_number=values.get("dose_number"),
            language="en" if is_english(get_language()) else "vi",
            corrections=values.get("corrections", ()),
            photos=((EvidenceKind.SLIP, photo),) if photo else (),
            is_serious=bool(values.get("danger")),
        )


def _is_of_dose(name: str) -> bool:
    return name.removeprefix(PREFIX) in OF_THE_DOSE


_NOTHING_SAID = forms.ValidationError(
    _("Write the right value beside what is wrong, or say it in your own words."),
    code="nothing_said",
)
_WHICH_DOSE = forms.ValidationError(_("Say which dose it is about."), code="which_dose")


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
