"""Names: what is one, and how it is found."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxplatform.vietnam import InvalidName, normalise_name, search_key


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Ánh Tuyết", "K'Brếu", "K’Brếu", "Y Blơ", "Hương", "Smith-Jones", "J. Doe"]
)
def test_names_of_every_people_of_viet_nam_and_of_guests_stay_as_written(name: str) -> None:
    assert normalise_name(name) == name


def test_decomposed_and_composed_spellings_become_one_name() -> None:
    composed = "Đặng Thị Ngọc Ánh"
    assert normalise_name(unicodedata.normalize("NFD", composed)) == composed


def test_spaces_of_every_width_and_line_breaks_become_single_spaces() -> None:
    assert normalise_name("  Lê\u00a0\u3000 Văn \t\n Tám ") == "Lê Văn Tám"


def test_the_typographic_twins_of_an_apostrophe_and_a_hyphen_become_plain() -> None:
    assert normalise_name("KʼBrếu Anh‑Thư") == "K'Brếu Anh-Thư"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name_missing"),
        (" \u3000 ", "name_missing"),
        ("Lê Văn 8", "name_has_digits"),
        ("Lê Văn ８", "name_has_digits"),
        ("Lê\u200bVăn", "name_has_invisible_characters"),
        ("Lê\u202eVăn", "name_has_invisible_characters"),
        ("Lê\x00Văn", "name_has_invisible_characters"),
        ("Lê\ud800Văn", "name_has_invisible_characters"),
        ("<b>Lê</b>", "name_has_symbols"),
        ("=HYPERLINK", "name_has_symbols"),
        ("Lê & Văn", "name_has_symbols"),
        ("'", "invalid_name"),
        ("- Lê", "invalid_name"),
        ("a" + "\u0316" * 30, "invalid_name"),
        ("a" * 101, "name_too_long"),
        ("a" * 10_000, "name_too_long"),
    ],
)
def test_what_is_not_a_name_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(InvalidName) as refusal:
        normalise_name(text)
    assert refusal.value.code == code
    assert refusal.value.field == "full_name"
    assert refusal.value.detail


def test_a_name_of_exactly_one_hundred_characters_is_a_name() -> None:
    assert normalise_name("ễ" * 100) == "ễ" * 100


def test_a_name_is_found_without_its_accents() -> None:
    assert search_key("Nguyễn Thị Ánh") == search_key("nguyen thi anh") == "nguyen thi anh"


@pytest.mark.parametrize(
    "name", ["Đỗ Đạt", "đỗ  đạt", "Ðỗ Ðạt", unicodedata.normalize("NFD", "Đỗ Đạt")]
)
def test_d_with_stroke_is_found_as_d_in_every_encoding(name: str) -> None:
    assert search_key(name) == "do dat"


def test_apostrophes_and_hyphens_do_not_hide_a_name() -> None:
    assert search_key("K'Brếu") == search_key("K’brếu") == search_key("KBreu") == "kbreu"
    assert search_key("Anh-Thư") == search_key("anh thu") == "anh thu"


@given(st.text(max_size=120))
def test_any_text_either_becomes_a_name_or_is_refused(text: str) -> None:
    try:
        name = normalise_name(text)
    except InvalidName:
        return
    assert normalise_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert 1 <= len(name) <= 100


@given(st.text(alphabet=st.characters(categories=["L", "M"]), max_size=100))
def test_the_search_key_of_a_name_fits_the_column_of_the_name(text: str) -> None:
    try:
        name = normalise_name(text)
    except InvalidName:
        return
    assert len(search_key(name)) <= 100
    assert search_key(search_key(name)) == search_key(name)
