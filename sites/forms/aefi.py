"""Forms of adverse events: a report typed in seconds, how the person is now, and the list's."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.models import AdministrativeUnit
from registration.rules import plain_line
from registration.selectors import provinces_in_use
from sites import aefi_rules
from sites.aefi_selectors import EventFilters
from sites.forms.dose import ClockField, DayField
from sites.models import (
    AefiOutcome,
    AefiReport,
    AnaphylaxisGrade,
    Dose,
    FollowUp,
    Seriousness,
    StaffPosting,
)
from vaxplatform.forms import Form
from vaxplatform.vietnam import TIME_ZONE
from vaxplatform.widgets import CheckboxCards, RadioCards

KEYS = "123456789abcdefghijklmnopqrstuvwxyz"  # of the signs, in the order of the file
MINUTE = datetime.timedelta(minutes=1)
_TYPED = {"inputmode": "numeric", "autocomplete": "off"}
_GRADES = [(str(value), label) for value, label in AnaphylaxisGrade.choices]


@dataclass(frozen=True)
class SignBox:
    """A check box of the report; `key` ticks it while the focus is among the signs."""

    id: str
    code: str
    label: str
    key: str
    organ: str
    least_grade: int
    is_ticked: bool


class WordsField(forms.CharField):
    """Some lines of free text, without invisible characters."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        return "\n".join(plain_line(line) for line in typed.splitlines()).strip()


class OptionalDayField(DayField):
    """A day, or None where nothing was typed."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if str(value or "").strip() else None


class EventForm(Form):
    """A report. `grade` may be left to the proposal of the signs, which is then looked at once."""

    symptoms = forms.MultipleChoiceField(
        label=_("Signs"), required=False, widget=CheckboxCards, choices=()
    )
    description = WordsField(
        label=_("What happened, in words"),
        required=False,
        max_length=3000,
        widget=forms.Textarea({"rows": 2}),
    )
    onset_time = ClockField(
        label=_("Began at"), max_length=5, widget=forms.TextInput({**_TYPED, "size": "5"})
    )
    onset_day = DayField(label=_("Day it began"), max_length=10, widget=forms.TextInput(_TYPED))
    grade = forms.ChoiceField(
        label=_("Grade of anaphylaxis"), required=False, choices=_GRADES, widget=RadioCards
    )
    seriousness = forms.ChoiceField(
        label=_("Seriousness"),
        choices=Seriousness.choices,
    )
    treatment = LineField(label=_("Treatment given"), required=False, max_length=500)
    referred_to = LineField(label=_("Taken to (hospital)"), required=False, max_length=160)
    medical_history = LineField(
        label=_("Illnesses and allergies before"), required=False, max_length=500
    )
    noticed_time = ClockField(
        label=_("Noticed at"), required=False, max_length=5, widget=forms.TextInput(_TYPED)
    )
    noticed_day = OptionalDayField(
        label=_("Day it was noticed"), required=False, max_length=10, widget=forms.TextInput(_TYPED)
    )
    proposal_seen = forms.CharField(required=False, widget=forms.HiddenInput)
    marks_optional = False
    input_classes = {
        "onset_time": "w-4", "onset_day": "w-10", "noticed_time": "w-4", "noticed_day": "w-10",
    }  # fmt: skip

    def __init__(
        self,
        *args: Any,
        dose: Dose,
        now: datetime.datetime,
        said: FollowUp | None = None,
        **kwargs: Any,
    ) -> None:
        """`said`: the answer in the person's diary that the report starts from."""
        local = timezone.localtime(said.answered_at if said else now, TIME_ZONE)
        initial: dict[str, Any] = {
            "onset_time": f"{local:%H:%M}",
            "onset_day": f"{local:%d/%m/%Y}",
            "symptoms": said.symptoms if said else [],
            "description": said.words if said else "",
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.dose, self.now = dose, now
        language = get_language() or "vi"
        signs: Any = self.fields["symptoms"]
        signs.choices = [
            (sign.code, sign.label(language)) for sign in aefi_rules.symptoms().values()
        ]

    def sign_groups(self) -> Iterator[tuple[Any, list[SignBox]]]:
        """The signs that say nothing of anaphylaxis, and those that point to it."""
        ticked = self["symptoms"].value() or []
        labels = dict(self.fields["symptoms"].choices)  # type: ignore[attr-defined]
        boxes = [
            SignBox(
                id=f"{self['symptoms'].auto_id}_{position}",
                code=sign.code,
                label=labels[sign.code],
                key=KEYS[position],
                organ=sign.organ,
                least_grade=sign.least_grade,
                is_ticked=sign.code in ticked,
            )
            for position, sign in enumerate(aefi_rules.symptoms().values())
        ]
        yield _("Common reactions"), [box for box in boxes if not box.least_grade]
        yield _("May be anaphylaxis"), [box for box in boxes if box.least_grade]

    @property
    def opens_more(self) -> bool:
        """Whether the folded part holds something."""
        names = ("medical_history", "noticed_time", "noticed_day")
        return any(self[name].value() or self.errors.get(name) for name in names)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("onset_time") and values.get("onset_day"):
            values["onset_at"] = self._moment(
                values["onset_day"], values["onset_time"], self.dose.administered_at
            )
        if values.get("noticed_time"):
            day = values.get("noticed_day") or timezone.localdate(self.now, TIME_ZONE)
            least = values.get("onset_at", self.dose.administered_at)
            values["noticed_at"] = self._moment(day, values["noticed_time"], least)
        elif values.get("noticed_day"):
            self.add_error("noticed_time", _("Enter the time it was noticed as well."))
        return values

    def _moment(
        self, day: datetime.date, clock: datetime.time, least: datetime.datetime
    ) -> datetime.datetime:
        """The moment typed; within the minute of `least`, that one: minutes are cut off."""
        moment = datetime.datetime.combine(day, clock, TIME_ZONE)
        return least if moment < least < moment + MINUTE else moment

    @property
    def proposal(self) -> AnaphylaxisGrade:
        """What the signs propose."""
        return aefi_rules.proposed_grade(self.cleaned_data.get("symptoms", []))

    def needs_a_look(self) -> bool:
        """Whether the grade is below the proposal, or left to it, and nobody has seen that yet."""
        typed = self.cleaned_data["grade"]
        if self.proposal == AnaphylaxisGrade.NONE or self._has_seen(typed):
            return False
        return typed == "" or int(typed) < self.proposal

    def _has_seen(self, typed: str) -> bool:
        return typed != "" and self.cleaned_data["proposal_seen"] == str(self.proposal.value)

    def with_proposal(self) -> Self:
        """The same form with the proposal seen, and chosen where nothing was."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        proposed = str(self.proposal.value)
        data["proposal_seen"], data["grade"] = proposed, data.get("grade") or proposed
        return type(self)(data, dose=self.dose, now=self.now)

    def facts(self) -> dict[str, Any]:
        """What `report_aefi` takes."""
        values = self.cleaned_data
        return {
            "onset_at": values["onset_at"],
            "noticed_at": values.get("noticed_at"),
            "symptoms": values["symptoms"],
            "description": values["description"],
            "grade": int(values["grade"] or AnaphylaxisGrade.NONE),
            "seriousness": values["seriousness"],
            "treatment": values["treatment"],
            "referred_to": values["referred_to"],
            "medical_history": values["medical_history"],
        }


class OutcomeForm(Form):
    """How the person is now, and what that makes of the event."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=AefiOutcome.choices)
    outcome_on = OptionalDayField(
        label=_("Since"),
        required=False,
        max_length=10,
        help_text=_("Day, month and year, for example 30/11/2021."),
        widget=forms.TextInput(_TYPED),
    )
    grade = forms.ChoiceField(label=_("Grade of anaphylaxis"), choices=_GRADES)
    seriousness = forms.ChoiceField(label=_("Seriousness"), choices=Seriousness.choices)
    input_classes = {"outcome_on": "w-10"}

    def __init__(self, *args: Any, report: AefiReport, **kwargs: Any) -> None:
        initial = {
            "outcome": report.outcome,
            "outcome_on": f"{report.outcome_on:%d/%m/%Y}" if report.outcome_on else "",
            "grade": str(report.grade),
            "seriousness": report.seriousness,
        }
        super().__init__(*args, initial=initial, **kwargs)


class EventFilterForm(Form):
    """GET: what the list shows; a value that is not offered narrows nothing."""

    seriousness = forms.ChoiceField(
        label=_("Seriousness"),
        required=False,
        choices=[("", _("All")), ("serious", _("Any serious event")), *Seriousness.choices],
    )
    grade = forms.ChoiceField(
        label=_("Grade of anaphylaxis"), required=False, choices=[("", _("All")), *_GRADES]
    )
    lot = LineField(
        label=_("Lot number"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    province = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(),
        label=_("Province or city"),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    marks_optional = False

    def __init__(self, data: Any, *, posting: StaffPosting) -> None:
        super().__init__(data)
        if posting.site_id or posting.district_id or posting.province_id:
            del self.fields["province"]
        else:
            field: Any = self.fields["province"]
            field.queryset = provinces_in_use()

    @property
    def filters(self) -> EventFilters:
        """What was chosen; of what cannot be read, nothing."""
        self.is_valid()
        values = self.cleaned_data
        grade = values.get("grade")
        return EventFilters(
            seriousness=values.get("seriousness", ""),
            grade=int(grade) if grade else None,
            lot=values.get("lot", ""),
            province=values.get("province"),
        )

    @property
    def chosen(self) -> list[str]:
        """What the list is narrowed to, in words."""
        values = self.filters
        named: dict[str, Any] = dict(self.fields["seriousness"].choices)  # type: ignore[attr-defined]
        words: list[Any] = [
            values.seriousness and named[values.seriousness],
            values.grade is not None and AnaphylaxisGrade(values.grade).label,
            values.lot,
            values.province and values.province.full_name,
        ]
        return [str(word) for word in words if word]
