"""Headings: found wherever they stand, in both forms, however they are written."""

import pytest

from sites.imports.headings import find_headings

LONG = [
    "Họ và tên*", "Ngày sinh*", "Giới tính* (Nam/Nữ)", "Số điện thoại",
    "Loại giấy tờ (CCCD/CMND/Hộ chiếu)", "Số giấy tờ", "Số thẻ BHYT", "Mã tỉnh*", "Mã xã",
    "Địa chỉ", "Mã nhóm đối tượng", "Mũi số*", "Tên vắc xin*", "Số lô*", "Ngày tiêm*", "Giờ tiêm",
    "Người tiêm", "Ghi chú",
]  # fmt: skip
WIDE = [
    "Họ và tên", "Ngày sinh", "Giới tính (0 nam, 1 nữ)", "Mã nhóm đối tượng", "Đơn vị công tác",
    "Số điện thoại", "CMT/CCCD", "Số thẻ BHYT", "Tỉnh", "Mã tỉnh", "Huyện", "Mã huyện", "Xã",
    "Mã xã", "Địa chỉ chi tiết", "Tên vắc xin", "Ngày tiêm", "Lô", "Địa điểm", "Tên vắc xin",
    "Ngày tiêm", "Lô", "Địa điểm", "Ghi chú",
]  # fmt: skip


def numbered(*rows: list[object]) -> list[tuple[int, list[object]]]:
    return list(enumerate(rows, start=1))


def test_the_long_form_is_known_whole() -> None:
    found = find_headings(numbered(LONG))
    assert found is not None
    assert len(found.columns) == len(LONG)
    assert not found.is_wide
    assert found.missing == ()


def test_the_wide_form_numbers_its_doses_from_left_to_right() -> None:
    found = find_headings(numbered(WIDE))
    assert found is not None
    assert found.is_wide
    assert found.missing == ()
    assert found.columns[15] == ("vaccine", 1)
    assert found.columns[21] == ("lot_number", 2)
    assert found.columns[23] == ("notes", 0)


def test_headings_are_found_below_a_title_without_case_accents_or_stars() -> None:
    title: list[object] = ["DANH SÁCH TIÊM CHỦNG BUỔI SÁNG", None, None]
    shouted: list[object] = [heading.upper().replace("*", " * ") for heading in LONG]
    found = find_headings(numbered(title, [None, "Trạm y tế phường 1"], shouted))
    assert found is not None
    assert found.line == 3
    assert found.missing == ()


def test_two_rows_of_headings_count_as_one() -> None:
    upper: list[object] = [
        *WIDE[:15],
        "Mũi 1",
        None,
        None,
        None,
        "Mũi 2",
        None,
        None,
        None,
        "Ghi chú",
    ]
    lower: list[object] = [None] * 15 + WIDE[15:23] + [None]
    found = find_headings(numbered(["Danh sách"], upper, lower))
    assert found is not None
    assert found.line == 3
    assert found.columns[15] == ("vaccine", 1)
    assert found.columns[19] == ("vaccine", 2)
    assert found.columns[0] == ("full_name", 0)
    assert found.missing == ()


def test_a_dose_can_be_named_in_the_heading_itself() -> None:
    heads: list[object] = [
        "Họ tên", "Năm sinh", "Giới tính", "Tỉnh", "Tên vắc xin mũi 2", "Số lô mũi 2",
        "Ngày tiêm mũi 2", "Tên vắc xin mũi 1", "Số lô mũi 1", "Ngày tiêm mũi 1",
    ]  # fmt: skip
    found = find_headings(numbered(heads))
    assert found is not None
    assert found.columns[4] == ("vaccine", 2)
    assert found.columns[7] == ("vaccine", 1)


def test_what_is_missing_is_named() -> None:
    found = find_headings(
        numbered(["Họ tên", "Năm sinh", "Giới tính", "Vắc xin", "?", "Ngày tiêm"])
    )
    assert found is not None
    assert set(found.missing) == {"lot_number", "province_code", "dose_number"}


@pytest.mark.parametrize("rows", [[], [["a", "b"]], [[1, 2, 3]] * 40, [[None]]])
def test_a_sheet_without_headings_has_none(rows: list[list[object]]) -> None:
    assert find_headings(numbered(*rows)) is None


def test_a_mapping_is_remembered_for_the_same_headings_in_other_spelling() -> None:
    one, other = find_headings(numbered(LONG)), find_headings(numbered([h.upper() for h in LONG]))
    assert one is not None
    assert other is not None
    assert one.digest == other.digest
