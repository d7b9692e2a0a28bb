"""Names as a machine-readable document spells them."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import names


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("Nguyễn", "NGUYEN"),
        ("Đặng", "DANG"),
        ("Ðặng", "DANG"),  # the Icelandic letter, which old keyboards typed for Đ
        ("đỗ thị bích phượng", "DO<THI<BICH<PHUONG"),
        ("  Lê   Văn  ", "LE<VAN"),
        ("Anne-Marie", "ANNE<MARIE"),
        ("d'Arsøns - van Halen", "DARSOENS<VAN<HALEN"),
        ("O’Neill", "ONEILL"),
        ("Müller-Weiß", "MUELLER<WEISS"),
        ("Ångström", "AANGSTROEM"),
        ("Œuvré", "OEUVRE"),
        ("Jr. 3", "JR"),
        ("Иван", ""),
        ("", ""),
    ],
)
def test_spellings(written: str, spelled: str) -> None:
    assert names.transliterate(written) == spelled


def test_every_vietnamese_letter_becomes_its_base_letter() -> None:
    for base in "AEIOUYaeiouy":
        for shape in ("", "\u0302", "\u0306", "\u031b"):
            for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"):
                for form in ("NFC", "NFD"):
                    letter = unicodedata.normalize(form, base + shape + tone)
                    assert names.transliterate(letter) == base.upper(), letter


def test_composed_and_decomposed_names_are_spelled_alike() -> None:
    name = "Đỗ Thị Bích Phượng Müller"
    decomposed = unicodedata.normalize("NFD", name)
    assert names.transliterate(decomposed) == names.transliterate(name)
    assert names.split_vietnamese_name(decomposed) == ("Đỗ", "Thị Bích Phượng Müller")


@given(st.text(max_size=200))
def test_any_text_has_a_spelling_of_the_right_form(text: str) -> None:
    spelled = names.transliterate(text)
    assert re.fullmatch("[A-Z]+(<[A-Z]+)*|", spelled)
    assert len(spelled) <= names.MAX_LENGTH


def test_a_long_name_does_not_end_in_a_filler() -> None:
    assert names.transliterate("A" * 79 + " Bình") == "A" * 79


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Nguyễn Văn An", ("Nguyễn", "Văn An")),
        ("Lê  Duy", ("Lê", "Duy")),
        ("An", ("An", "")),
        (" ", ("", "")),
    ],
)
def test_the_first_word_is_the_family_name(full_name: str, parts: tuple[str, str]) -> None:
    assert names.split_vietnamese_name(full_name) == parts
