import datetime

import pytest

from response_center.models import CaseLevel
from response_center.rules import (
    ALPHABET,
    level_above,
    new_case_number,
    read_case_number,
    time_left,
)


def test_a_case_number_has_no_sign_that_is_taken_for_another():
    for alike in ("0O", "1IL", "5S", "8B", "2Z", "UV"):
        assert len(set(alike) & set(ALPHABET)) <= 1
    numbers = {new_case_number() for _n in range(200)}
    assert len(numbers) == 200
    assert all(read_case_number(number) == number for number in numbers)


@pytest.mark.parametrize(
    "typed",
    ["PA-7K3M-2Q", "pa 7k3m 2q", "7K3M2Q", "PA7K3M2Q", "\uff30\uff21-7K3M-2Q", "pa-7k3m-2q. "],
)
def test_a_case_number_is_read_however_it_is_typed(typed):
    assert read_case_number(typed) == "PA-7K3M-2Q"


@pytest.mark.parametrize(
    "typed", ["", "PA-7K3M", "PA-0O1I-2Q", "DK-7K3M-2Q9", "x" * 10_000, "é" * 6]
)
def test_what_is_no_case_number_is_read_as_none(typed):
    assert read_case_number(typed) == ""


def test_a_case_passes_from_site_to_province_to_ministry_and_no_further():
    assert level_above("site", has_province=True) == CaseLevel.PROVINCE
    assert level_above("province", has_province=True) == CaseLevel.MINISTRY
    assert level_above("ministry", has_province=True) is None


def test_a_case_of_no_province_passes_to_the_ministry():
    assert level_above("site", has_province=False) == CaseLevel.MINISTRY


def test_time_left_counts_whole_hours_and_turns_red_when_it_is_over(now):
    due_at = now + datetime.timedelta(hours=48)
    half = time_left(
        opened_at=now, due_at=due_at, now=now + datetime.timedelta(hours=24, minutes=1)
    )
    assert (half.hours, half.kind, half.is_over) == (23, "fg", False)
    late = time_left(opened_at=now, due_at=due_at, now=due_at + datetime.timedelta(hours=6))
    assert (late.hours, late.percent, late.kind, late.is_over) == (6, 100, "bad", True)
