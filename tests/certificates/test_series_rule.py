"""The status card says why it has its colour, by which rule, and where that is written."""

import datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from certificates.health_book import status_section
from certificates.series_rule import reason_of
from sites.models import Dose, Vaccine
from tests.factories import (
    ABDALA,
    ASTRAZENECA,
    COMIRNATY,
    JANSSEN,
    make_citizen,
    make_dose,
    make_lot,
    make_site,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def give(*doses: tuple[str, int, str]):
    """A person with these doses (product, number, kind), the last one today."""
    citizen, site = make_citizen(), make_site()
    for place, (code, number, kind) in enumerate(doses):
        make_dose(
            lot=make_lot(site=site, code=code),
            citizen=citizen,
            dose_number=number,
            dose_kind=kind,
            administered_at=timezone.now() - (len(doses) - place) * 200 * DAY,
            source="paper",
        )
    return citizen


def reason(*doses: tuple[str, int, str], language: str = "en"):
    citizen = give(*doses)
    with override(language):
        found = status_section(citizen).context
        return found["series"].color, found["reason"]


def test_the_first_dose_is_yellow_by_the_series_of_its_product():
    color, found = reason((ASTRAZENECA, 1, "primary"))
    assert color == "yellow"
    assert found.why == ("Yellow: 1 of 2 doses of the primary series of AstraZeneca on record.")
    assert found.rule == (
        "The primary series of AstraZeneca has 2 doses. Source: Quyết định 3588/QĐ-BYT."
    )


def test_the_last_dose_is_green_and_names_its_day():
    color, found = reason((ASTRAZENECA, 1, "primary"), (ASTRAZENECA, 2, "primary"))
    last = timezone.localdate(Dose.objects.get(dose_number=2).administered_at)
    assert color == "green"
    assert f"{last.day}\N{NO-BREAK SPACE}{last:%B}\N{NO-BREAK SPACE}{last.year}" in found.why
    assert "2 of 2 doses of the primary series of AstraZeneca are on record" in found.why


def test_a_mixed_series_names_both_products_and_which_one_decides():
    color, found = reason((ASTRAZENECA, 1, "primary"), (COMIRNATY, 2, "primary"))
    assert color == "green"
    assert "mixed primary series" in found.why
    assert "(AstraZeneca, Comirnaty (Pfizer/BioNTech))" in found.why
    assert "latest product decides" in found.rule


def test_two_of_three_doses_are_yellow_and_the_unread_source_is_said_to_be_so():
    color, found = reason((ABDALA, 1, "primary"), (ABDALA, 2, "primary"))
    assert color == "yellow"
    assert found.why.startswith("Yellow: 2 of 3 doses")
    assert "has 3 doses" in found.rule
    assert "still to be confirmed" in found.rule


def test_one_dose_of_a_one_dose_product_is_the_whole_series():
    color, found = reason((JANSSEN, 1, "primary"))
    assert color == "green"
    assert "is one dose, and it is on record" in found.why
    assert "has 1 dose." in found.rule


def test_a_booster_changes_nothing_of_the_reason():
    doses = [(ASTRAZENECA, 1, "primary"), (ASTRAZENECA, 2, "primary")]
    _color, before = reason(*doses)
    color, after = reason(*doses, (COMIRNATY, 3, "booster"))
    assert color == "green"
    assert after.rule == before.rule
    assert "2 of 2 doses" in after.why
    assert "Comirnaty" not in after.why


def test_a_series_whose_first_dose_is_not_on_record_says_so():
    color, found = reason((ASTRAZENECA, 2, "primary"))
    assert color == "green"
    assert "dose 2 of AstraZeneca ends the primary series" in found.why
    assert "not on record" in found.why


def test_a_booster_alone_is_yellow_without_a_series():
    color, found = reason((COMIRNATY, 3, "booster"))
    assert color == "yellow"
    assert found.why.startswith("Yellow:")
    assert found.rule == ""


def test_a_source_that_an_official_wrote_plainly_is_cited_whole():
    Vaccine.objects.filter(code=JANSSEN).update(source="Công văn 123/BYT-DP.")
    _color, found = reason((JANSSEN, 1, "primary"))
    assert found.rule.endswith("Source: Công văn 123/BYT-DP.")


def test_without_a_dose_there_is_no_colour_to_explain():
    assert reason_of([], {}).why == ""


@pytest.mark.parametrize(
    "doses",
    [
        [(ASTRAZENECA, 1, "primary")],
        [(ASTRAZENECA, 2, "primary")],
        [(JANSSEN, 1, "primary")],
        [(ASTRAZENECA, 1, "primary"), (COMIRNATY, 2, "primary")],
        [(ASTRAZENECA, 1, "primary"), (ASTRAZENECA, 2, "primary")],
        [(ASTRAZENECA, 1, "primary"), (ABDALA, 2, "primary")],
        [(COMIRNATY, 3, "booster")],
    ],
)
def test_each_reason_is_said_in_vietnamese_too(doses):
    _color, found = reason(*doses, language="vi")
    assert found.why.startswith(("Thẻ vàng: ", "Thẻ xanh từ "))
    assert "dose" not in found.why + found.rule
