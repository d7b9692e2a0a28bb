"""Cells as people and spreadsheets write them."""

import datetime
from typing import Any

import pytest

from sites import exceptions
from sites.imports import cells
from vaxplatform.errors import InvalidInput

TODAY = datetime.date(2021, 12, 1)


@pytest.mark.parametrize(
    ("cell", "birth"),
    [
        ({"d": "1987-03-12"}, "1987-03-12"),
        (31848, "1987-03-12"),  # a serial number of days
        (31848.0, "1987-03-12"),
        (1987, "1987"),
        ("1987", "1987"),
        ("03/1987", "1987-03"),
        ("12.3.1987", "1987-03-12"),
        ("12/03/1987 ", "1987-03-12"),
    ],
)
def test_a_date_of_birth_is_read_in_every_spelling(cell: Any, birth: str) -> None:
    assert cells.read_birth(cell, on=TODAY) == birth


@pytest.mark.parametrize("cell", [2530, "12/03/2530", "31/02/1987", "29/02/2023", 1850, "hôm qua"])
def test_an_impossible_date_of_birth_is_refused(cell: Any) -> None:
    with pytest.raises(InvalidInput):
        cells.read_birth(cell, on=TODAY)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ({"d": "2021-08-24", "t": "08:30:00"}, (2021, 8, 24)),
        (44432, (2021, 8, 24)),
        ("24/08/2021", (2021, 8, 24)),
        ("24-8-2021 8:30", (2021, 8, 24)),
        ("2021-08-24", (2021, 8, 24)),
        ("２４/０８/２０２１", (2021, 8, 24)),
    ],
)
def test_the_day_of_a_dose_is_read_with_the_day_first(cell: Any, day: tuple[int, int, int]) -> None:
    assert cells.read_day(cell) == datetime.date(*day)


def test_a_buddhist_year_is_told_in_ours() -> None:
    with pytest.raises(exceptions.DoseYearIsBuddhist) as refusal:
        cells.read_day("24/08/2564")
    assert refusal.value.params["christian_year"] == 2021


@pytest.mark.parametrize("cell", ["13/13/2021", "24/08", "2021", True, "31/06/2021"])
def test_a_day_that_is_none_is_refused(cell: Any) -> None:
    with pytest.raises(exceptions.DoseDayUnreadable):
        cells.read_day(cell)


@pytest.mark.parametrize(
    ("cell", "clock"),
    [
        ("8h30", (8, 30)),
        ("08:30", (8, 30)),
        ("8:30:00", (8, 30)),
        (0.5, (12, 0)),
        (0.3541666667, (8, 30)),
        ({"t": "14:05:00"}, (14, 5)),
        (None, (12, 0)),
        ("9h", (9, 0)),
    ],
)
def test_an_hour_is_read_and_noon_where_there_is_none(cell: Any, clock: tuple[int, int]) -> None:
    assert cells.read_clock(cell) == datetime.time(*clock)


@pytest.mark.parametrize(
    ("number", "kind", "read"),
    [
        ("079187123456", "CCCD", ("cccd", "079187123456")),
        (79187123456.0, "CCCD", ("cccd", "079187123456")),
        ("79187123456", None, ("cccd", "079187123456")),
        (1187123456, "", ("cccd", "001187123456")),
        ("079187123456.0", None, ("cccd", "079187123456")),
        (12345678.0, "CMND", ("cmnd", "012345678")),
        ("012 345 678", None, ("cmnd", "012345678")),
        ("c1234567", None, ("passport", "C1234567")),
        ("C1234567", "Hộ chiếu", ("passport", "C1234567")),
    ],
)
def test_lost_zeros_come_back_where_year_and_sex_agree(
    number: Any, kind: Any, read: tuple[str, str]
) -> None:
    assert cells.read_id(number, kind, birth="1987-03-12", sex="female") == read


@pytest.mark.parametrize("number", ["79187123456", 79187123456])
def test_a_lost_zero_is_not_guessed_for_somebody_else(number: Any) -> None:
    with pytest.raises(InvalidInput):
        cells.read_id(number, "CCCD", birth="1990-01-01", sex="male")


def test_an_empty_number_is_none_and_a_wrong_one_refused() -> None:
    assert cells.read_id(None, "CCCD", birth="1987", sex="female") is None
    with pytest.raises(InvalidInput):
        cells.read_id("07918", "CCCD", birth="1987", sex="female")


@pytest.mark.parametrize(
    ("cell", "sex"),
    [("Nữ", "female"), ("NAM", "male"), (0, "male"), (1.0, "female"), ("khác", "other")],
)
def test_sex_in_words_and_in_the_wide_forms_digits(cell: Any, sex: str) -> None:
    assert cells.read_sex(cell) == sex


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (1, (1, "")),
        ("Mũi 2", (2, "")),
        ("Mũi 3 (nhắc lại)", (3, "booster")),
        ("bổ sung 3", (3, "additional")),
    ],
)
def test_the_number_of_a_dose_and_its_kind(cell: Any, number: tuple[int, str]) -> None:
    assert cells.read_dose_number(cell) == number


@pytest.mark.parametrize("cell", [0, "không", 12, -1])
def test_a_number_that_no_dose_has_is_refused(cell: Any) -> None:
    with pytest.raises(exceptions.DoseNumberUnreadable):
        cells.read_dose_number(cell)


def test_a_cell_with_a_book_in_it_is_refused() -> None:
    with pytest.raises(exceptions.CellTooLong):
        cells.read_name("a" * 3_000)


def test_an_insurance_number_gets_its_zero_back_from_a_number_cell_only() -> None:
    assert cells.read_insurance(123456789.0) == "0123456789"
    assert cells.read_insurance(None) == ""
    with pytest.raises(InvalidInput):
        cells.read_insurance("12345678")
