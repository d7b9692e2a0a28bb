"""The steps of a registration after the person: health, the wish, and consent."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen, DoseKind, HalfDay, MedicalHistoryQuestion
from registration.rules import days_to_wish
from vaxplatform import formatting
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

ME, RELATIVE, PEOPLE = "me", "relative", "list"
ANSWERS = [("no", _("No")), ("yes", _("Yes")), ("unknown", _("Not sure"))]


class WhoForm(Form):
    """Somebody of the household, or somebody new."""

    who = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=[],
        widget=RadioCards(
            hints={
                RELATIVE: _("A child, a parent, someone without a phone"),
                PEOPLE: _("A list in a spreadsheet"),
            }
        ),
    )

    def __init__(self, *args: Any, members: Sequence[Citizen], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: list[tuple[str, str | Promise]] = [(str(m.public_id), m.full_name) for m in members]
        me = [] if members else [(ME, _("For me"))]
        other = _("For somebody else") if members else _("For a relative")
        people = (PEOPLE, _("For the people of an organisation"))
        self.fields["who"].choices = [*known, *me, (RELATIVE, other), people]  # type: ignore[attr-defined]


def rest_is_no(data: Mapping[str, Any], questions: Iterable[MedicalHistoryQuestion]) -> Any:
    """What was posted, with "no" for every question that was left open."""
    return {**{question.code: "no" for question in questions}, **dict(data.items())}


class HealthForm(Form):
    """Each question of the medical history: no, yes, or not known."""

    def __init__(
        self, *args: Any, questions: Iterable[MedicalHistoryQuestion], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.code] = forms.ChoiceField(
                label=str(question),
                choices=ANSWERS,
                widget=RadioCards(row=True),
                error_messages={"required": _("Answer question %(n)s.") % {"n": question.position}},
            )


def questions_for(sex: str) -> list[MedicalHistoryQuestion]:
    """The questions asked of a person of this sex."""
    return [
        question
        for question in MedicalHistoryQuestion.objects.all()
        if not question.asked_of or sex not in {"male", "female"} or question.asked_of == sex
    ]


def day_in_words(day: datetime.date) -> str:
    """Monday, 08/11/2021."""
    text = f"{WEEKDAYS[day.weekday()]}, {formatting.day(day)}"
    return text[:1].upper() + text[1:]


class DayForm(Form):
    """The day and the half of the day that are wished for."""

    wanted_on = forms.TypedChoiceField(
        label=_("Day you would like"),
        help_text=_("The site sets the day and time; this is your wish."),
        choices=[],
        coerce=datetime.date.fromisoformat,
    )
    wanted_half = forms.ChoiceField(
        label=_("Time of day"),
        choices=[(half.value, half.label) for half in HalfDay],
        widget=RadioCards(row=True),
    )
    input_classes = {"wanted_on": "w-14"}

    def __init__(
        self, *args: Any, today: datetime.date, chosen: datetime.date | None = None, **kwargs: Any
    ) -> None:
        """`chosen`: the day of a registration, which may be kept even when it is past."""
        super().__init__(*args, **kwargs)
        known = [chosen] if chosen and chosen not in days_to_wish(today) else []
        days = [(day.isoformat(), day_in_words(day)) for day in [*known, *days_to_wish(today)]]
        self.fields["wanted_on"].choices = [("", _("Choose a day")), *days]  # type: ignore[attr-defined]


class WishForm(DayForm):
    dose_number = forms.TypedChoiceField(
        label=_("Which dose is it?"),
        choices=[],
        coerce=int,
        widget=RadioCards(row=True),
    )
    dose_kind = forms.ChoiceField(
        label=_("What kind of dose?"),
        choices=[
            (DoseKind.PRIMARY.value, _("Primary series")),
            (DoseKind.ADDITIONAL.value, _("Additional dose")),
            (DoseKind.BOOSTER.value, _("Booster")),
        ],
        initial=DoseKind.PRIMARY.value,
        widget=RadioCards(
            hints={
                DoseKind.PRIMARY.value: _("The first doses of a vaccine: one, two or three"),
                DoseKind.ADDITIONAL.value: _("For people with weakened immunity"),
                DoseKind.BOOSTER.value: _("After the primary series is complete"),
            }
        ),
    )

    field_order = ("dose_number", "dose_kind", "wanted_on", "wanted_half")

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.fields["dose_number"].choices = [(n, str(n)) for n in (1, 2, 3, 4)]  # type: ignore[attr-defined]


class ConsentForm(Form):
    consent = forms.BooleanField(
        label=_("I agree to be vaccinated and that these details are kept for it"),
        help_text=_("For a child or a person in your care you agree in their place."),
        error_messages={"required": _("Without your consent the registration cannot be sent.")},
    )
