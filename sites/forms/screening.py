"""The screening form: its questions and vital signs are rows, so its fields are made of rows."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Self

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from sites.models import BoundApplies, ScreeningForm, ScreeningOutcome, VitalBound
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

ANSWERS = [("no", _("No")), ("yes", _("Yes")), ("unknown", _("Not known"))]


class VitalField(forms.DecimalField):
    """A measured value; 36,5 and 36.5 are both understood."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().replace(",", ".")
        if len(text) > 8:
            text = "?"
        return super().to_python(text)


class ScreeningEntry(Form):
    """The fields that every version of the form has: what the doctor decides."""

    decision = forms.ChoiceField(
        label=_("Decision of the doctor"),
        choices=ScreeningOutcome.choices,
        required=False,
        widget=RadioCards,
    )
    override_reason = LineField(
        label=_("Reason, where you decide otherwise"), required=False, max_length=300
    )

    @property
    def answers(self) -> dict[str, str]:
        return {
            name.removeprefix("answer_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("answer_")
        }

    @property
    def vitals(self) -> dict[str, Decimal]:
        return {
            name.removeprefix("vital_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("vital_") and value is not None
        }

    def questions(self) -> Iterator[BoundField]:
        return (self[name] for name in self.fields if name.startswith("answer_"))

    def measures(self) -> Iterator[BoundField]:
        return (self[name] for name in self.fields if name.startswith("vital_"))

    def has_decision(self) -> bool:
        self.fields["decision"].required = True  # not asked in the first step, and never optional
        if self.cleaned_data["decision"]:
            return True
        self.add_error("decision", _("Choose what you decide."))
        return False

    def with_proposal(self, proposal: ScreeningOutcome) -> Self:
        """The same form with the proposal chosen, unless the doctor has chosen already."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["decision"] = data.get("decision") or proposal.value
        form = type(self)(data)
        form.fields["decision"].required = True
        return form


def screening_form(sheet: ScreeningForm) -> type[ScreeningEntry]:
    """The form class for a version; `sheet` with questions and bounds prefetched."""
    fields: dict[str, forms.Field] = {}
    for question in sheet.questions.all():
        fields[f"answer_{question.code}"] = forms.ChoiceField(
            label=str(question),
            choices=ANSWERS,
            widget=RadioCards(row=True),
            # Named, because the list of what is missing stands far above the questions.
            error_messages={"required": _("Not answered: %(question)s.") % {"question": question}},
        )
    for bound in sheet.bounds.all():
        fields[f"vital_{bound.sign}"] = _vital_field(bound)
    widths = {name: "w-4" for name in fields if name.startswith("vital_")}
    return type("ScreeningSheet", (ScreeningEntry,), {**fields, "input_classes": widths})


def _vital_field(bound: VitalBound) -> VitalField:
    always = bound.applies == BoundApplies.ALWAYS
    return VitalField(
        label=f"{bound.get_sign_display()} ({bound.unit})",
        required=always,
        max_digits=5,
        decimal_places=1,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _("Measure and enter: %(sign)s.") % {"sign": bound.get_sign_display()},
            "invalid": _("Enter a number, for example 36.5."),
        },
    )
