"""Phones: one spelling for a number, and no number that an SMS cannot reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxplatform.vietnam import InvalidPhone, is_vietnamese_mobile, mask_phone, normalise_phone


@pytest.mark.parametrize(
    "spelling",
    [
        "0912345678", "0912 345 678", "+84 912.345.678", "84912345678", "+840912345678",
        "0084912345678", "(091) 234-5678", "０９１２３４５６７８", "912345678",
        " 0912\u00a0345 678 ",
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_is_the_same_number(spelling: str) -> None:
    assert normalise_phone(spelling) == "+84912345678"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0120", "070"), ("0121", "079"), ("0122", "077"), ("0126", "076"), ("0128", "078"),
        ("0123", "083"), ("0124", "084"), ("0125", "085"), ("0127", "081"), ("0129", "082"),
        ("0162", "032"), ("0163", "033"), ("0164", "034"), ("0165", "035"), ("0166", "036"),
        ("0167", "037"), ("0168", "038"), ("0169", "039"),
        ("0186", "056"), ("0188", "058"), ("0199", "059"),
    ],
)  # fmt: skip
def test_an_eleven_digit_number_moves_to_its_prefix_of_2018(old: str, new: str) -> None:
    assert normalise_phone(f"{old}2345678") == normalise_phone(f"{new}2345678")
    assert normalise_phone(f"+84{old[1:]}2345678") == f"+84{new[1:]}2345678"


@pytest.mark.parametrize(
    "text",
    ["", "abc", "+1 202 555 0123", "0044 20 7946 0018", "024 3812 3456", "0551234567", "113",
     "0120345678", "0912345678x", "0912345678; DROP", "9" * 10_000, "+", "+84", "0912345678\x00"],
)  # fmt: skip
def test_what_no_code_can_reach_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhone) as refusal:
        normalise_phone(text)
    assert refusal.value.field == "phone"
    assert refusal.value.detail


def test_a_digit_too_few_is_told_with_the_count() -> None:
    with pytest.raises(InvalidPhone) as refusal:
        normalise_phone("0912 345 67")
    assert refusal.value.code == "phone_has_wrong_length"
    assert refusal.value.params == {"entered": 9}


@given(st.text(max_size=60) | st.from_regex(r"\+?[0-9 .]{8,14}", fullmatch=True))
def test_any_text_becomes_a_vietnamese_mobile_or_is_refused(text: str) -> None:
    try:
        number = normalise_phone(text)
    except InvalidPhone:
        return
    assert is_vietnamese_mobile(number)
    assert normalise_phone(number) == number


def test_a_foreign_number_and_nonsense_are_not_vietnamese_mobiles() -> None:
    assert not is_vietnamese_mobile("+12025550123")
    assert not is_vietnamese_mobile("0912345678")
    assert not is_vietnamese_mobile("")


def test_a_mask_shows_the_ends_only() -> None:
    assert mask_phone("+84912345678") == "091•••678"
    assert mask_phone("113") == "•••"
