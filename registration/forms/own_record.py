"""Naming a person whose record one wants to see or to keep: with a phone, or with a paper."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import DayField, NameField, PhoneField
from registration.forms.person import SEXES
from registration.services.own_record import Question, papers_meant
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.vietnam import search_key
from vaxplatform.widgets import RadioCards

BY_PHONE, BY_PAPER = "phone", "paper"
PROOFS = [
    (BY_PHONE, _("The phone number on the record")),
    (BY_PAPER, _("The number of a paper")),
]
PROOF_HINTS = {
    BY_PHONE: _("The number that was given at the site or when registering."),
    BY_PAPER: _(
        "Citizen card, old identity card or passport. The code goes to the phone on record."
    ),
}
PAPER_HELP = _("12 digits of a citizen card, 9 of an old identity card, or a passport number.")


class NamingForm(Form):
    """Name, date of birth and sex, as they stand on the papers."""

    full_name = NameField()
    date_of_birth = DateOfBirthField()
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, widget=RadioCards(row=True))

    def read_paper(self, name: str) -> tuple[Any, ...]:
        """The papers that the typed number may be; a refusal stands beside its field."""
        text = self.cleaned_data.get(name, "")
        if not text:
            return ()
        try:
            return papers_meant(text, field=name)
        except DomainError as refusal:
            add_to_form(self, refusal)
            return ()

    def _question(self, **more: Any) -> Question:
        data = self.cleaned_data
        return Question(
            search_name=search_key(data["full_name"]),
            date_of_birth=data["date_of_birth"],
            sex=data["sex"],
            **more,
        )


class OwnRecordForm(NamingForm):
    """Who is meant, and where the code goes."""

    by = forms.ChoiceField(
        label=_("How do we find the record?"),
        choices=PROOFS,
        widget=RadioCards(hints=PROOF_HINTS),
        initial=BY_PHONE,
    )
    marks_optional = False  # one of the two numbers is wanted
    phone = PhoneField(required=False, label=_("Phone number on the record"))
    id_number = forms.CharField(
        label=_("Number of the paper"), required=False, max_length=40, help_text=PAPER_HELP
    )
    input_classes = {"phone": "w-14", "id_number": "w-14"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wanted = "id_number" if data.get("by") == BY_PAPER else "phone"
        if not data.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Write this number, or choose the other way above."))
        if wanted == "id_number":
            data["papers"] = self.read_paper("id_number")
        return data

    def question(self) -> Question:
        """Of a valid form."""
        data = self.cleaned_data
        if data["by"] == BY_PAPER:
            return self._question(phone="", identification=data["papers"])
        return self._question(phone=data["phone"])


class DoseFactForm(NamingForm):
    """Who is meant, and what only who holds the slip of a dose knows."""

    id_number = forms.CharField(label=_("Number of the paper"), max_length=40, help_text=PAPER_HELP)
    day = DayField(label=_("Day of one of the doses"))
    lot_number = forms.CharField(
        label=_("Lot number of that dose"),
        max_length=40,
        help_text=_("It stands on the slip from the site, beside the vaccine."),
    )
    input_classes = {"id_number": "w-14", "lot_number": "w-14"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["papers"] = self.read_paper("id_number")
        return data

    def question(self) -> Question:
        return self._question(phone="", identification=self.cleaned_data["papers"])


class DeskForm(Form):
    """For the response centre: who is meant, and why nothing proves it."""

    full_name = NameField()
    date_of_birth = DateOfBirthField()
    words = forms.CharField(
        label=_("Who are you to this person, and what happened to the phone on record?"),
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
    )


class NewNumberForm(Form):
    phone = PhoneField(label=_("New phone number"))
    input_classes = {"phone": "w-14"}
