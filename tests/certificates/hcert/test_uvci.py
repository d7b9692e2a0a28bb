"""Certificate identifiers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import uvci


def test_the_published_example_has_its_check_character() -> None:
    assert uvci.check_character("URN:UVCI:01:NL:187/37512422923") == "Z"
    assert uvci.check("URN:UVCI:01:NL:187/37512422923#Z")


@given(st.binary(min_size=15, max_size=15))
def test_a_new_identifier_checks_and_fits_the_schema(random: bytes) -> None:
    identifier = uvci.new_uvci(random)
    assert re.fullmatch(r"URN:UVCI:01:VN:[A-Z2-7]{24}#[A-Z0-9/:]", identifier)
    assert len(identifier) <= 80
    assert uvci.check(identifier)


@given(st.binary(min_size=15, max_size=15), st.integers(15, 38), st.sampled_from("ABCXYZ0189/:"))
def test_one_wrong_character_is_noticed(random: bytes, place: int, other: str) -> None:
    identifier = uvci.new_uvci(random)
    changed = identifier[:place] + other + identifier[place + 1 :]
    assert uvci.check(changed) == (changed == identifier)


def test_identifiers_are_random() -> None:
    assert len({uvci.new_uvci() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["", "#", "#A", "URN:UVCI:01:VN:ABC", "urn:uvci:01:vn:a#A", "Đ#A"])
def test_other_texts_do_not_check(text: str) -> None:
    assert not uvci.check(text)


def test_random_bytes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="15"):
        uvci.new_uvci(b"short")
