"""Days in Viet Nam, dates of birth and ages."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxplatform.vietnam import (
    InvalidDateOfBirth,
    age_on,
    birth_span,
    day_in_vietnam,
    normalise_date_of_birth,
    parse_date_of_birth,
    start_of_day,
)

TODAY = date(2021, 11, 6)


def test_half_past_five_in_the_afternoon_utc_is_tomorrow_in_viet_nam() -> None:
    assert day_in_vietnam(datetime(2021, 11, 5, 16, 59, 59, tzinfo=UTC)) == date(2021, 11, 5)
    assert day_in_vietnam(datetime(2021, 11, 5, 17, 30, tzinfo=UTC)) == date(2021, 11, 6)


def test_a_moment_without_a_time_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        day_in_vietnam(datetime(2021, 11, 6, 12, 0))  # noqa: DTZ001


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_day_starts_within_itself(day: date) -> None:
    assert day_in_vietnam(start_of_day(day)) == day
    assert start_of_day(day).utcoffset() is not None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("1987-11-06", "1987-11-06"),
        ("06/11/1987", "1987-11-06"),
        ("6.11.1987", "1987-11-06"),
        (" 6 - 11 - 1987 ", "1987-11-06"),
        ("０６/１１/１９８７", "1987-11-06"),
        ("11/1987", "1987-11"),
        ("1987-11", "1987-11"),
        ("1987", "1987"),
        ("29/02/2020", "2020-02-29"),
        ("06/11/2021", "2021-11-06"),
    ],
)
def test_a_date_of_birth_is_read_day_first_or_iso_and_may_be_partial(
    text: str, normal: str
) -> None:
    assert normalise_date_of_birth(text, on=TODAY) == normal


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("29/02/2019", "no_such_day"),
        ("31/04/1987", "no_such_day"),
        ("00/04/1987", "no_such_day"),
        ("06/13/1987", "month_out_of_range"),
        ("1987-00", "month_out_of_range"),
        ("07/11/2021", "born_in_the_future"),
        ("12/2021", "born_in_the_future"),
        ("2022", "born_in_the_future"),
        ("01/01/1850", "born_too_early"),
        ("06/11/2564", "buddhist_year"),
        ("06/11/87", "year_needs_four_digits"),
        ("", "invalid_date_of_birth"),
        ("6 November 1987", "invalid_date_of_birth"),
        ("1987-11-06T00:00", "invalid_date_of_birth"),
        ("1" * 10_000, "invalid_date_of_birth"),
    ],
)
def test_an_impossible_date_of_birth_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(InvalidDateOfBirth) as refusal:
        normalise_date_of_birth(text, on=TODAY)
    assert refusal.value.code == code
    assert refusal.value.field == "date_of_birth"


def test_a_buddhist_year_is_told_with_the_year_it_means() -> None:
    with pytest.raises(InvalidDateOfBirth) as refusal:
        parse_date_of_birth("2530", "11", "6", on=TODAY)
    assert refusal.value.params == {"year": 2530, "christian_year": 1987}


def test_of_the_three_inputs_day_and_month_may_be_empty_but_not_the_month_alone() -> None:
    assert parse_date_of_birth("1954", "", "", on=TODAY) == "1954"
    assert parse_date_of_birth(1954, 3, None, on=TODAY) == "1954-03"
    with pytest.raises(InvalidDateOfBirth) as refusal:
        parse_date_of_birth("1954", "", "27", on=TODAY)
    assert refusal.value.code == "day_without_month"


@given(st.text(max_size=30), st.text(max_size=5), st.text(max_size=5))
def test_any_three_inputs_become_a_date_or_are_refused(year: str, month: str, day: str) -> None:
    try:
        found = parse_date_of_birth(year, month, day, on=TODAY)
    except InvalidDateOfBirth:
        return
    assert birth_span(found)[0] <= TODAY


@given(st.dates(date(1900, 1, 1), TODAY))
def test_a_whole_date_survives_both_spellings(day: date) -> None:
    assert normalise_date_of_birth(day.isoformat(), on=TODAY) == day.isoformat()
    assert normalise_date_of_birth(day.strftime("%d/%m/%Y"), on=TODAY) == day.isoformat()


def test_one_turns_eighteen_on_the_birthday_and_not_the_day_before() -> None:
    assert age_on("2003-11-07", TODAY) == 17
    assert age_on("2003-11-06", TODAY) == 18


def test_a_partial_date_of_birth_counts_as_its_last_day() -> None:
    assert birth_span("2004-02") == (date(2004, 2, 1), date(2004, 2, 29))
    assert age_on("2003", TODAY) == 17
    assert age_on("2003-11", TODAY) == 17
    assert age_on("2003-10", TODAY) == 18
    assert age_on("2003", date(2021, 12, 31)) == 18


def test_one_born_on_29_february_turns_older_on_1_march_of_a_common_year() -> None:
    assert age_on("2004-02-29", date(2022, 2, 28)) == 17
    assert age_on("2004-02-29", date(2022, 3, 1)) == 18


def test_a_child_of_this_year_is_of_age_nought() -> None:
    assert age_on("2021", TODAY) == 0
