"""Namesakes of one set take turns, so that the second meets the first on record."""

from typing import Any

import pytest

from registration.services.citizens import CitizenDetails, Paper
from registration.services.turns import MOST_TURNS, turns


def details(**over: Any) -> CitizenDetails:
    values: dict[str, Any] = {
        "full_name": "Nguyễn Thị Lan", "date_of_birth": "1950-03-12", "sex": "female",
        "province_id": 1,
    }  # fmt: skip
    return CitizenDetails(**{**values, **over})


def cccd(number: int) -> dict[str, Any]:
    return {"papers": (Paper("cccd", f"{number:012d}"),)}


PHONE = {"phone": "+84901234567"}


@pytest.mark.parametrize(
    ("one", "other", "is_settled"),
    [
        ({}, {}, False),
        ({}, {"full_name": "NGUYEN THI LAN"}, False),
        ({}, {"full_name": "Nguyễn Thị Mai"}, True),
        ({}, {"date_of_birth": "1950"}, False),
        ({}, {"date_of_birth": "1950-12-03"}, False),
        ({}, {"date_of_birth": "1950-03-13"}, True),
        (PHONE, {**PHONE, "date_of_birth": "1950-03-13"}, False),
        (PHONE, {**PHONE, "date_of_birth": "1950-08-25"}, True),
        (PHONE, PHONE, True),
        (cccd(1), cccd(1), True),
        (cccd(1), cccd(2), True),
        (cccd(1), {}, False),
        ({**PHONE, **cccd(1)}, {**PHONE, **cccd(2)}, False),
        (cccd(1), {"papers": (Paper("bhyt", "0123456789"),)}, False),
    ],
)
def test_who_must_wait_for_whom(
    one: dict[str, Any], other: dict[str, Any], is_settled: bool
) -> None:
    found = turns([details(**one), details(**other)])
    assert found == ([[0, 1]] if is_settled else [[0], [1]])


def test_nobody_is_forgotten_and_a_thousand_namesakes_end() -> None:
    assert turns([]) == []
    found = turns([details(address=str(n)) for n in range(1_000)])
    assert len(found) == MOST_TURNS + 1
    assert sorted(position for turn in found for position in turn) == list(range(1_000))


def test_the_very_same_details_stay_together() -> None:
    person = details()
    assert turns([person, person, details()]) == [[0, 1], [2]]
