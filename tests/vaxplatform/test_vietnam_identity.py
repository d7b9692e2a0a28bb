"""Identity numbers, the soft check of a citizen card, and its QR code."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxplatform.vietnam import (
    CccdScan,
    InvalidIdNumber,
    cccd_warnings,
    mask_id,
    normalise_id_number,
    parse_cccd_qr,
)

QR = "001187012345|012345678|Nguyễn Thị Ánh|06111987|Nữ|12 Phố Huế, Hà Nội|01052021"


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        ("cccd", "001 187 012 345", "001187012345"),
        ("cccd", "００１１８７０１２３４５", "001187012345"),
        ("cmnd", "012.345.678", "012345678"),
        ("passport", "c1234567", "C1234567"),
        ("bhyt", "0123456789", "0123456789"),
        ("bhyt", "dn 4 01 0123456789", "DN4010123456789"),
    ],
)
def test_a_number_is_stored_without_separators(kind: str, text: str, number: str) -> None:
    assert normalise_id_number(kind, text) == number


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("cccd", "01187012345", "cccd_needs_twelve_digits"),
        ("cccd", "0011870123456", "cccd_needs_twelve_digits"),
        ("cccd", "00118701234O", "cccd_has_other_characters"),
        ("cccd", "001187\u200b012345", "cccd_has_other_characters"),
        ("cccd", "", "id_number_missing"),
        ("cccd", " - . ", "id_number_missing"),
        ("cmnd", "12345678", "cmnd_needs_nine_digits"),
        ("cmnd", "12345678A", "cmnd_has_other_characters"),
        ("passport", "C12", "invalid_passport_number"),
        ("passport", "C123'--", "invalid_passport_number"),
        ("bhyt", "012345678", "invalid_insurance_number"),
        ("cccd", "1" * 10_000, "invalid_id_number"),
        ("library card", "1", "unknown_id_kind"),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(kind: str, text: str, code: str) -> None:
    with pytest.raises(InvalidIdNumber) as refusal:
        normalise_id_number(kind, text)
    assert refusal.value.code == code
    assert refusal.value.detail


def test_eleven_digits_of_a_citizen_card_are_told_as_eleven() -> None:
    with pytest.raises(InvalidIdNumber) as refusal:
        normalise_id_number("cccd", "01187012345", field="card")
    assert refusal.value.params == {"entered": 11}
    assert refusal.value.field == "card"


@given(st.sampled_from(["cccd", "cmnd", "passport", "bhyt"]), st.text(max_size=80))
def test_any_text_becomes_a_number_or_is_refused(kind: str, text: str) -> None:
    try:
        number = normalise_id_number(kind, text)
    except InvalidIdNumber:
        return
    assert number.isascii()
    assert normalise_id_number(kind, number) == number


@pytest.mark.parametrize(
    ("number", "date_of_birth", "sex", "codes"),
    [
        ("001187012345", "1987-11-06", "female", []),
        ("001087012345", "1987", "male", []),
        ("001203012345", "2003-01", "male", []),
        ("001303012345", "2003-01", "female", []),
        ("001187012345", "1986", "female", ["cccd_year_differs"]),
        ("001187012345", "1987", "male", ["cccd_sex_differs"]),
        ("001303012345", "1903", "male", ["cccd_year_differs", "cccd_sex_differs"]),
        ("001187012345", "1987", "other", []),
    ],
)
def test_a_citizen_card_number_is_compared_softly(
    number: str, date_of_birth: str, sex: str, codes: list[str]
) -> None:
    assert [finding.code for finding in cccd_warnings(number, date_of_birth, sex)] == codes


def test_the_qr_code_of_a_chip_card_is_read() -> None:
    assert parse_cccd_qr(QR) == CccdScan(
        number="001187012345",
        old_number="012345678",
        full_name="Nguyễn Thị Ánh",
        date_of_birth="1987-11-06",
        sex="female",
        address="12 Phố Huế, Hà Nội",
        issued_on=date(2021, 5, 1),
    )


def test_a_card_without_an_old_number_or_with_fields_to_come_is_read() -> None:
    assert parse_cccd_qr(QR.replace("012345678|", "|", 1)).old_number == ""  # type: ignore[union-attr]
    assert parse_cccd_qr(QR + "|new|fields\r\n") is not None
    assert parse_cccd_qr("|".join(QR.split("|")[:6])).issued_on is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["", "HC1:6BF", "001187012345", QR.replace("001187012345", "00118701234"),
     QR.replace("06111987", "31021987"), QR.replace("06111987", "1987"),
     QR.replace("Nguyễn Thị Ánh", "<script>"), QR + "|" + "x" * 2_000, "|" * 50],
)  # fmt: skip
def test_another_qr_code_is_not_a_citizen_card(text: str) -> None:
    assert parse_cccd_qr(text) is None


@given(st.text(max_size=200) | st.lists(st.text(max_size=12), max_size=9).map("|".join))
def test_no_scan_breaks_the_reader(text: str) -> None:
    scan = parse_cccd_qr(text)
    assert scan is None or len(scan.number) == 12


def test_a_mask_never_shows_the_middle() -> None:
    assert mask_id("001187012345") == "001187•••345"
    assert mask_id("012345678") == "01•••678"
    assert mask_id("C12345") == "•••"
    assert mask_id("") == "•••"
