"""Examples for the page of components: one form, one drawing and one record of each kind."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from vaxplatform import components, figures, formatting
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.widgets import CheckboxCards, RadioCards, SuggestingInput

RECORDED_AT = datetime(2021, 11, 6, 10, 2, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
MAP_BREAKS = (60, 80, 100, 120, 150)


class ExampleForm(Form):
    """One field of each kind."""

    registered_for = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=[("me", _("For me")), ("relative", _("For a relative"))],
        widget=RadioCards(hints={"relative": _("A child, a parent, someone without a phone")}),
    )
    full_name = forms.CharField(
        label=_("Full name"), help_text=_("With accents, as it stands on the papers.")
    )
    date_of_birth = DateOfBirthField()
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=[("female", _("Female")), ("male", _("Male")), ("other", _("Other"))],
        widget=RadioCards(row=True),
    )
    id_number = forms.CharField(label=_("Citizen ID number"))
    code = forms.CharField(
        label=_("Confirmation code"),
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    insurance = forms.CharField(label=_("Health insurance number"), required=False)
    province = forms.CharField(
        label=_("Province or city"),
        help_text=_("Type a few letters, accents are not needed, then choose from the list."),
        widget=SuggestingInput(suggestions=["Hà Nội", "Bắc Ninh", "Thừa Thiên Huế"]),
    )
    illnesses = forms.MultipleChoiceField(
        label=_("Do you have any of these?"),
        choices=[("blood_pressure", _("High blood pressure")), ("diabetes", _("Diabetes"))],
        widget=CheckboxCards,
        required=False,
    )
    story = forms.CharField(label=_("What happened?"), widget=forms.Textarea({"rows": 3}))
    agree = forms.BooleanField(label=_("I agree to be vaccinated"))
    input_classes = {"id_number": "w-14", "code": "w-10", "insurance": "w-14"}


def example_form() -> ExampleForm:
    form = ExampleForm(
        {
            "registered_for": "me",
            "full_name": "Nguyễn Thị Ánh Tuyết",
            "date_of_birth_day": "12",
            "date_of_birth_month": "13",
            "date_of_birth_year": "1978",
            "sex": "female",
            "id_number": "001187000345",
            "code": "4482",
            "province": "Bắc Ninh",
            "illnesses": ["blood_pressure"],
            "story": "",
            "agree": "on",
        },
        auto_id="example_%s",
    )
    form.add_note(
        "id_number",
        _(
            "Such a number usually belongs to somebody born in 1987; you wrote 1978. "
            "If it is right, go on."
        ),
    )
    form.add_error("code", _("This code is not right. 3 tries are left."))
    return form


DISTRIBUTION = (
    (30, 35, 21),
    (35, 40, 24),
    (40, 45, 20),
    (45, 50, 15),
    (50, 55, 10),
    (55, 60, 6.4),
    (60, 90, 2.4),
    (90, None, 1.2),
)
DAILY_DOSES = (1_042_000, 1_310_500, 1_488_000, 905_300, 1_620_700, 1_549_325)


def _promise() -> str:
    return figures.promise_distribution(
        [figures.Bin(*row) for row in DISTRIBUTION],
        legend=figures.Legend(
            "promise", str(_("Waits for a certificate")), "30–60: 96.4; > 60: 3.6"
        ),
        texts=figures.PromiseTexts(
            promised=str(_("promised: 60 minutes")),
            observation=str(_("observation")),
            unit=str(_("minutes since the injection")),
            share=str(_("% of doses")),
            later=str(_("over 60")),
        ),
        number=lambda value: formatting.number(value, 1),
    )


def _daily() -> str:
    highest = formatting.number(max(DAILY_DOSES))
    return figures.daily_bars(
        DAILY_DOSES,
        legend=figures.Legend("daily", str(_("Doses a day")), highest),
        maximum=2_000_000,
        ticks=figures.nice_ticks(1_500_000, 3),
        tick_text=formatting.millions,
        mean=figures.moving_mean(DAILY_DOSES),
        peak=(highest, formatting.day(RECORDED_AT)),
        marks=[figures.Tick(25, "02/11"), figures.Tick(75, "05/11")],
        height=200,
    )


def _lines() -> str:
    return figures.line_chart(
        [
            figures.Series("reported", str(_("Reported")), [10, 28, 51, 74, 93.2], 72, 88),
            figures.Series("recorded", str(_("Recorded")), [4, 14, 33, 60, 84.8], 100, 30),
        ],
        legend=figures.Legend("gap", str(_("Reported and recorded doses")), "93.2; 84.8"),
        maximum=100,
        ticks=[0, 25, 50, 75],
        tick_text=formatting.number,
        shade_between=True,
        height=200,
    )


def _hours() -> str:
    return figures.category_bars(
        [
            figures.CategoryBar("7", 61, 70),
            figures.CategoryBar("8", 88, 95),
            figures.CategoryBar("9", 104, 100),
            figures.CategoryBar("10", 40, 98, running=True),
            figures.CategoryBar("11", None, 90),
        ],
        legend=figures.Legend("hours", str(_("Doses an hour")), "61, 88, 104"),
        maximum=120,
        ticks=[0, 50, 100],
        tick_text=formatting.number,
        number=formatting.number,
    )


def _ages() -> str:
    parts: tuple[tuple[str, int, Literal["b1", "bbad"]], ...] = (
        ("< 12", 9120, "b1"),
        ("12–24", 6034, "b1"),
        ("24–48", 3938, "b1"),
        ("> 48", 1326, "bbad"),
    )
    return figures.stacked_bar(
        [
            figures.Segment(label, value, formatting.number(value), kind)
            for label, value, kind in parts
        ],
        legend=figures.Legend("ages", str(_("Open cases by age in hours")), "1,326 > 48"),
    )


def _forecast() -> str:
    return figures.forecast_line(
        injected=figures.DayMark(0, "03/11"),
        today=figures.DayMark(37.5, "06/11"),
        expected_from=62.5,
        expected_to=87.5,
        label="08/11 – 10/11",
    )


def _map() -> str:
    rates = {"01": 166.4, "02": 75.5, "80": 206.9, "38": 51.3, "48": 119.0, "56": 189.0}
    return figures.choropleth(
        [
            figures.ProvinceFill(
                code,
                figures.class_of(rates[code], MAP_BREAKS) if code in rates else None,
                f"{name}: {formatting.number(rates.get(code), 1)}",
                f"/statistics/provinces/{code}/",
            )
            for code, name in figures.outlines(2021).names.items()
        ],
        callouts=[figures.Callout("80", 262, 556, ("Long An", formatting.number(206.9, 1)))],
    )


def _legend() -> str:
    labels = figures.class_labels(MAP_BREAKS, formatting.number)
    return figures.map_legend(
        [
            figures.MapClass(label, str(count))
            for label, count in zip(labels, (5, 8, 16, 15, 9, 10), strict=True)
        ],
        label=str(_("Doses per 100 adults and number of provinces in each class")),
    )


def drawings() -> dict[str, Any]:
    """Every chart and the map, under the names that the template knows."""
    return {
        "promise": _promise(),
        "daily": _daily(),
        "lines": _lines(),
        "hours": _hours(),
        "ages": _ages(),
        "forecast": _forecast(),
        "map": _map(),
        "legend_classes": _legend(),
    }


def ways() -> dict[str, Any]:
    """Steps of a form, steps to a certificate, and what was checked."""
    return {
        "steps": components.steps(
            [
                _("The person"),
                _("Home and group"),
                _("Health"),
                _("Wanted day"),
                _("Check and send"),
            ],
            at=2,
        ),
        "chain": [
            components.ChainStep(_("The dose was written on paper"), "03/11/2021", "ok"),
            components.ChainStep(_("Waiting to be entered"), _("412 doses are waiting"), "now"),
            components.ChainStep(_("The certificate is signed and issued")),
        ],
        "checks": [
            components.Check(_("Name and date of birth match dose 1"), _("they match")),
            components.Check(_("The dose is entered"), _("not yet"), "wait"),
        ],
    }


def records() -> dict[str, Any]:
    """A summary, tabs and a household."""
    return {
        "rows": [
            components.SummaryRow(_("Full name"), "Nguyễn Thị Ánh Tuyết", "#", _("Change")),
            components.SummaryRow(_("Date of birth"), formatting.partial_date("1987-03-12")),
        ],
        "tabs": [
            components.Tab("#", _("By day"), current=True),
            components.Tab("#", _("By week")),
        ],
        "people": [
            components.PersonChip("#", "Ánh Tuyết", ("certified", "recorded"), current=True),
            components.PersonChip("#", "Bà Lụa", ("certified", "missing")),
            components.PersonChip("#", "Y Blơ", ("missing", "missing")),
        ],
    }
