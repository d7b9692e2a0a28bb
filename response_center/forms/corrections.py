"""The forms of a correction: what is right, who agrees, and why not."""

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen, DoseKind, Sex
from registration.services.citizens import find_citizen_by_paper
from response_center.corrected import (
    OF_THE_DOSE,
    OF_THE_PERSON,
    in_words,
    on_record,
    right_value,
)
from response_center.models import Case, CorrectedField, RejectionReason
from sites.models import Dose, DoseStatus, Vaccine
from sites.services.people import papers_like
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form, validation_error
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

KEEP, NOBODY, OTHER = "", "nobody", "other"


def doses_to_correct(case: Case) -> list[Dose]:
    """The recorded doses of the case's person, or the one dose of a case that names nobody."""
    rows = Dose.objects.filter(citizen=case.citizen) if case.citizen else Dose.objects.none()
    if case.citizen is None and case.dose is not None:
        rows = Dose.objects.filter(pk=case.dose.pk)
    rows = rows.filter(status=DoseStatus.RECORDED).select_related("vaccine", "lot", "citizen")
    return list(rows.order_by("dose_number"))


class ProposeForm(Form):
    """What is right, field by field; what is left empty stays. One dose at a time."""

    marks_optional = False  # the page says it once for all

    full_name = forms.CharField(label=_("Full name"), max_length=100)
    date_of_birth = forms.CharField(
        label=_("Date of birth"),
        help_text=_("As 12/03/1987; if only the year is known, the year."),
        max_length=20,
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", _("As on record")), *Sex.choices])
    id_number = forms.CharField(
        label=_("Number of the identity paper"),
        help_text=_("Citizen card, old identity card or passport."),
        max_length=30,
    )
    insurance_number = forms.CharField(
        label=_("Number of the health insurance card"), max_length=30
    )
    phone = forms.CharField(label=_("Phone"), max_length=20)
    address = forms.CharField(label=_("Address"), max_length=200)
    vaccine = forms.ChoiceField(label=_("Vaccine"))
    lot_number = forms.CharField(
        label=_("Lot number"), help_text=_("A lot that the site of the dose holds."), max_length=30
    )
    administered_on = forms.CharField(
        label=_("Day of the shot"),
        help_text=_("Day, month and year, as 03/11/2021."),
        max_length=20,
    )
    dose_number = forms.CharField(label=_("Dose number"), max_length=2)
    dose_kind = forms.ChoiceField(
        label=_("Kind of dose"), choices=[("", _("As on record")), *DoseKind.choices]
    )
    dose_owner = forms.ChoiceField(
        label=_("Whose dose it is"),
        choices=[
            (KEEP, _("Of this person")),
            (NOBODY, _("Of nobody known: take it back")),
            (OTHER, _("Of another person on record")),
        ],
        widget=RadioCards,
    )
    owner_paper = forms.CharField(
        label=_("Identity number of the other person"),
        help_text=_("You see the name before anything is written. The look is kept on record."),
        max_length=30,
    )
    grounds = forms.CharField(
        label=_("What shows it"),
        help_text=_("What you saw, and on which paper. The second person reads this."),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
    )
    input_classes: ClassVar[Mapping[str, str]] = {
        "full_name": "w-14",
        "date_of_birth": "w-10",
        "administered_on": "w-10",
        "dose_number": "w-2",
        "lot_number": "w-10",
        "id_number": "w-14",
        "insurance_number": "w-14",
        "owner_paper": "w-14",
        "phone": "w-14",
    }

    def __init__(
        self, *args: Any, case: Case, dose: Dose | None, today: datetime.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.dose, self.today = case, dose, today
        self.other: Citizen | None = None
        vaccines = Vaccine.objects.order_by("vietnamese_name")
        choices = [("", _("As on record")), *((v.code, str(v)) for v in vaccines)]
        self.fields["vaccine"].choices = choices  # type: ignore[attr-defined]
        absent = (() if case.citizen_id else OF_THE_PERSON) + (() if dose else OF_THE_DOSE)
        for name in (*absent, *(() if dose else ("owner_paper",))):
            del self.fields[name]
        for name, field in self.fields.items():
            field.required = name == "grounds"
            field.widget.attrs.setdefault("autocomplete", "off")
            if name in CorrectedField.values and name != CorrectedField.DOSE_OWNER:
                field.help_text = self._now(name, field.help_text)

    def _now(self, name: str, hint: Any) -> str:
        """The hint begins with what stands on record."""
        old = on_record(name, citizen=self.case.citizen, dose=self.dose)
        now = gettext("On record: %(value)s.") % {"value": in_words(name, old, masked=True)}
        return f"{now} {hint}".strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in CorrectedField.values:
            if name == CorrectedField.DOSE_OWNER or not data.get(name):
                continue
            try:
                data[name] = right_value(name, data[name], on=self.today)
            except DomainError as refusal:
                self.add_error(name, validation_error(refusal))
        if data.get("dose_owner") == OTHER:
            self._find_owner(data.get("owner_paper", ""))
        return data

    def _find_owner(self, number: str) -> None:
        for paper in papers_like(number):
            found = find_citizen_by_paper(paper=paper)
            if found is not None:
                self.other = found
                return
        self.add_error(
            "owner_paper", _("Nobody is on record with this number. Check it against the paper.")
        )

    def lines(self) -> dict[str, str]:
        """CorrectedField → right value, of a valid form."""
        data = self.cleaned_data
        lines = {
            name: data[name]
            for name in CorrectedField.values
            if data.get(name) and name != CorrectedField.DOSE_OWNER
        }
        if data.get("dose_owner") == NOBODY:
            lines[CorrectedField.DOSE_OWNER] = ""
        elif self.other is not None:
            lines[CorrectedField.DOSE_OWNER] = str(self.other.public_id)
        return lines


class FindPersonForm(Form):
    """Whom a report without a person on record is about."""

    query = forms.CharField(
        label=_("Identity number, phone, or name with the year of birth"),
        help_text=_("Whoever is shown is kept on record, and they can read it."),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    input_classes: ClassVar[Mapping[str, str]] = {"query": "w-14"}


class DoseChoiceForm(Form):
    """Which dose of the person is meant."""

    dose = forms.ChoiceField(label=_("Dose"), widget=RadioCards(row=True))

    def __init__(self, *args: Any, doses: list[Dose], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["dose"]
        field.choices = [
            (
                str(dose.public_id),
                gettext("Dose %(number)d of %(day)s")
                % {"number": dose.dose_number, "day": formatting.day(dose.administered_at)},
            )
            for dose in doses
        ]


class RefuseForm(Form):
    """Why the second person does not agree."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=RejectionReason.choices, widget=RadioCards
    )
    words = forms.CharField(
        label=_("What is missing"),
        help_text=_("Whoever proposed it reads this; the report is at the desk again."),
        max_length=3000,
        widget=forms.Textarea({"rows": 3}),
    )

    def refuse(self, refusal: DomainError) -> None:
        add_to_form(self, refusal)
