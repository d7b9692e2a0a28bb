"""People on record who may be meant: who is offered, who is not, and how sure that is."""

from typing import Any

import pytest

from registration.models import Citizen
from registration.services.citizens import CitizenDetails, Paper, find_or_create_citizen
from registration.services.similar import (
    LIKE_ENOUGH,
    MOST_CANDIDATES,
    Candidate,
    agreement_of_births,
    find_similar,
)
from tests.factories import province

NAME, BIRTH, PHONE = "Nguyễn Thị Ánh Tuyết", "1987-03-12", "+84901234567"


def details(**over: Any) -> CitizenDetails:
    values: dict[str, Any] = {
        "full_name": NAME, "date_of_birth": BIRTH, "sex": "female", "province_id": province().pk,
    }  # fmt: skip
    return CitizenDetails(**{**values, **over})


def on_record(**over: Any) -> Citizen:
    return find_or_create_citizen(details=details(**over))


def similar(**over: Any) -> list[Candidate]:
    (found,) = find_similar(people=[details(**over)])
    return found


def test_nobody_is_like_anybody_where_nobody_is(db: None) -> None:
    assert find_similar(people=[]) == []
    assert similar() == []


@pytest.mark.parametrize(
    ("over", "is_offered"),
    [
        ({}, True),
        ({"full_name": "NGUYEN THI ANH TUYET"}, True),  # without accents
        ({"full_name": "Nguyễn Thị Ánh Tuyếtt"}, True),  # a slip
        ({"full_name": "Nguyễn Ánh Tuyết"}, True),  # a middle name left out
        ({"full_name": "Trần Văn Bình"}, False),
        ({"date_of_birth": "1987-12-03"}, True),  # day and month swapped
        ({"date_of_birth": "1987"}, True),
        ({"date_of_birth": "1987-03"}, True),
        ({"date_of_birth": "1987-04"}, False),
        ({"date_of_birth": "1987-08-25"}, False),  # a namesake of the same year
        ({"date_of_birth": "1987-03-13"}, False),  # and of the same month
        ({"date_of_birth": "1988-03-12"}, False),
        ({"date_of_birth": "1978-11-20"}, False),
        ({"sex": "male"}, True),  # 0.85: people mark the wrong box
    ],
)
def test_who_is_like_enough_without_a_phone(
    db: None, over: dict[str, Any], is_offered: bool
) -> None:
    on_record()
    assert bool(similar(**over)) is is_offered


@pytest.mark.parametrize(
    ("over", "is_offered"),
    [
        ({"date_of_birth": "1988-03-12"}, True),  # one digit of the year
        ({"date_of_birth": "1987-03-13"}, True),
        ({"date_of_birth": "1960-01-01"}, False),  # mother and daughter on one phone
        ({"full_name": "Nguyễn Văn Tú", "sex": "male"}, False),  # the family's phone
    ],
)
def test_a_shared_phone_makes_a_slip_likely_and_not_a_family_one_person(
    db: None, over: dict[str, Any], is_offered: bool
) -> None:
    on_record(phone=PHONE)
    assert bool(similar(phone=PHONE, **over)) is is_offered


def test_names_of_the_same_words_in_another_order_are_two_names(db: None) -> None:
    on_record(full_name="Nguyễn Văn Anh", address="1 Lê Lợi")
    (found,) = similar(full_name="Nguyễn Anh Văn", address="1 Lê Lợi")
    assert "name" not in found.same
    assert not found.agrees_in_all


def test_twins_named_alike_but_for_an_accent_are_left_to_a_person(db: None) -> None:
    on_record(full_name="Nguyễn Thị Hoa", address="1 Lê Lợi")
    (twin,) = similar(full_name="Nguyễn Thị Hòa", address="1 Lê Lợi")
    (same,) = similar(full_name="nguyễn thị hoa", address="1 LÊ LỢI")
    assert not twin.agrees_in_all
    assert same.agrees_in_all


@pytest.mark.parametrize(
    "over",
    [
        {"address": ""},
        {"address": "2 Lê Lợi"},
        {"sex": "male"},
        {"date_of_birth": "1987"},
        {"full_name": "Nguyen Thi Anh Tuyet"},
    ],
)
def test_nobody_is_taken_for_another_without_a_word_unless_everything_agrees(
    db: None, over: dict[str, Any]
) -> None:
    on_record(address="1 Lê Lợi")
    assert similar(address="1 Lê Lợi")[0].agrees_in_all
    assert not any(c.agrees_in_all for c in similar(**{"address": "1 Lê Lợi", **over}))


def test_a_year_alone_is_no_date_that_settles_it(db: None) -> None:
    on_record(date_of_birth="1950", address="1 Lê Lợi")
    (found,) = similar(date_of_birth="1950", address="1 Lê Lợi")
    assert not found.agrees_in_all


def test_papers_with_other_numbers_tell_two_people_apart(db: None) -> None:
    on_record(papers=(Paper("cccd", "079187000001"),))
    assert similar(papers=(Paper("cccd", "079187000002"),)) == []
    assert len(similar(papers=(Paper("bhyt", "0123456789"),))) == 1
    assert len(similar()) == 1


def test_a_number_mistyped_by_a_digit_is_seen_by_phone_name_and_birth(db: None) -> None:
    citizen = on_record(papers=(Paper("cccd", "079187000001"),), phone=PHONE)
    (found,) = similar(papers=(Paper("cccd", "079187000007"),), phone=PHONE)
    assert found.citizen_id == citizen.pk
    (found,) = similar(
        papers=(Paper("cccd", "079187000007"),), phone=PHONE, full_name="nguyen thi anh tuyet"
    )
    assert found.score >= LIKE_ENOUGH


def test_a_contradicting_number_is_never_settled_without_a_word(db: None) -> None:
    on_record(papers=(Paper("cccd", "079187000001"),), phone=PHONE, address="1 Lê Lợi")
    (found,) = similar(papers=(Paper("cccd", "079187000007"),), phone=PHONE, address="1 Lê Lợi")
    assert found.has_another_number
    assert not found.agrees_in_all
    assert similar(phone=PHONE, address="1 Lê Lợi")[0].agrees_in_all


def test_another_address_speaks_against_a_year_of_birth_alone(db: None) -> None:
    on_record(date_of_birth="1950", address="1 Lê Lợi")
    assert similar(date_of_birth="1950", address="9 Trần Phú") == []
    assert similar(date_of_birth="1950")


def test_the_likeliest_come_first_and_at_most_five(db: None) -> None:
    best = on_record(address="1 Lê Lợi")
    for n in range(8):
        on_record(full_name="Nguyễn Thị Ánh Tuyếtt", address=f"{n} Trần Phú")
    found = similar(address="1 Lê Lợi")
    assert len(found) <= MOST_CANDIDATES
    assert found[0].citizen_id == best.pk
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_many_are_asked_about_at_once_each_with_an_answer_of_their_own(db: None) -> None:
    one = on_record()
    other = on_record(full_name="Trần Văn Bình", sex="male")
    people = [
        details(),
        details(full_name="Lê Hồng Gấm"),
        details(full_name="Trần Văn Bình", sex="male"),
    ]
    found = find_similar(people=people)
    assert [[c.citizen_id for c in candidates] for candidates in found] == [
        [one.pk], [], [other.pk],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("1987-03-12", "1987-03-12", "same"),
        ("1987-03-12", "1987-12-03", "swapped"),
        ("1987-03-12", "1987-03", "partly"),
        ("1987", "1987", "partly"),
        ("1987-03-12", "1987-03-21", "near"),
        ("1987-03-12", "1978-03-12", "near"),
        ("1987-03-12", "1987-04-13", ""),
        ("1987-03", "1987-04", ""),
        ("1987", "1988", ""),
    ],
)
def test_how_two_dates_of_birth_agree(one: str, other: str, agreement: str) -> None:
    assert agreement_of_births(one, other) == agreement_of_births(other, one) == agreement
