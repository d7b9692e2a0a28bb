"""Sheets of doses from paper with known mistakes, and what must become of each row.

`rows(count, …)` gives the same rows for the same seed. Shares of mistakes are those of `FAULTS`;
each fault says the outcome and the reason that the import must give.
"""

import datetime
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADINGS = (
    "Họ và tên*", "Ngày sinh*", "Giới tính* (Nam/Nữ)", "Số điện thoại",
    "Loại giấy tờ (CCCD/CMND/Hộ chiếu)", "Số giấy tờ", "Số thẻ BHYT", "Mã tỉnh*", "Mã xã",
    "Địa chỉ", "Mã nhóm đối tượng", "Mũi số*", "Tên vắc xin*", "Số lô*", "Ngày tiêm*", "Giờ tiêm",
    "Người tiêm", "Ghi chú",
)  # fmt: skip
FAMILIES = ("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý").split()  # noqa: SIM905 - a word list reads best as words
MIDDLES = ("Thị Văn Ngọc Đức Minh Thu Quốc Hữu Thanh Kim Xuân Hồng Gia Bảo").split()  # noqa: SIM905 - a word list reads best as words
GIVENS = [
    "Ánh",
    "Tuyết",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hà",
    "Hạnh",
    "Hiếu",
    "Hoa",
    "Hùng",
    "Hương",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Nam",
    "Nga",
    "Ngân",
    "Nhung",
    "Phúc",
    "Phương",
    "Quân",
    "Quỳnh",
    "Sơn",
    "Tâm",
    "Thảo",
    "Thắng",
    "Thủy",
    "Trang",
    "Trung",
    "Tú",
    "Vân",
    "Việt",
    "Yến",
]  # noqa: SIM905 - a word list reads best as words
FIRST_DAY = datetime.date(2021, 6, 1)
DAYS = 180

# Fault → (share of rows, outcome, code of the reason).
FAULTS: dict[str, tuple[float, str, str]] = {
    "no_name": (0.005, "refused", "cell_missing"),
    "digits_in_name": (0.005, "refused", "name_has_digits"),
    "no_birth": (0.005, "refused", "cell_missing"),
    "impossible_birth": (0.005, "refused", "no_such_day"),
    "buddhist_birth": (0.002, "refused", "buddhist_year"),
    "short_id": (0.01, "refused", "cccd_needs_twelve_digits"),
    "bad_phone": (0.005, "refused", "phone_has_wrong_length"),
    "unknown_product": (0.01, "refused", "product_unreadable"),
    "unknown_province": (0.003, "refused", "place_unreadable"),
    "no_dose_day": (0.005, "refused", "cell_missing"),
    "future_dose": (0.003, "refused", "dose_in_future"),
    "before_campaign": (0.003, "refused", "dose_too_old"),
    "unknown_lot": (0.01, "held", "lot_unknown"),
    "twice": (0.02, "duplicate", "row_twice_in_file"),
}
# Spellings that are mended without a word; they must be recorded.
HARMLESS = (
    "as_float", "serial_days", "lost_zero", "nfd_name", "spaces", "upper_case", "other_product",
    "province_by_name", "text_clock", "full_width_phone", "year_only",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    name: str
    birth: datetime.date
    sex: str  # "Nam" or "Nữ"
    phone: str
    cccd: str
    address: str


@dataclass(frozen=True)
class Truth:
    """What must become of the row at `line` (as the sheet numbers it)."""

    line: int
    outcome: str
    code: str = ""
    part: int = 0  # which dose of a row of the wide form


def person(n: int) -> Person:
    """The n-th person: always the same, and nobody else's number or phone."""
    chance = random.Random(n)  # noqa: S311 - made-up people
    sex = chance.choice(("Nam", "Nữ"))
    birth = datetime.date(1940, 1, 1) + datetime.timedelta(days=chance.randrange(23_000))
    century_and_sex = 2 * (birth.year >= 2000) + (sex == "Nữ")
    name = f"{chance.choice(FAMILIES)} {chance.choice(MIDDLES)} {chance.choice(GIVENS)}"
    return Person(
        name=name if chance.random() < 0.5 else f"{name} {chance.choice(GIVENS)}",
        birth=birth,
        sex=sex,
        phone=f"09{10_000_000 + n % 80_000_000:08d}",
        cccd=f"079{century_and_sex}{birth.year % 100:02d}{n % 1_000_000:06d}",
        address=f"{n} đường Lê Lợi",
    )


def sheet_rows(
    *, count: int, lots: list[str], first_person: int = 0, seed: int = 1, faults: bool = True
) -> Iterator[tuple[list[Any], Truth]]:
    """Cells and truth of each row below the headings (line 1). A row that repeats an earlier one
    stands right behind it."""
    chance = random.Random(seed)  # noqa: S311 - made-up mistakes
    names, shares = list(FAULTS), [share for share, _outcome, _code in FAULTS.values()]
    nothing = 1 - sum(shares)
    line = 1
    made = 0
    while made < count:
        line += 1
        cells = _clean(person(first_person + made), lots[made % len(lots)], made)
        made += 1
        fault = chance.choices([*names, ""], [*shares, nothing])[0] if faults else ""
        if fault == "twice" and made < count:
            yield cells, Truth(line, "recorded")
            line += 1
            made += 1
            yield list(cells), Truth(line, "duplicate", FAULTS["twice"][2])
            continue
        if fault and fault != "twice":
            _break(cells, fault)
            yield cells, Truth(line, *FAULTS[fault][1:])
            continue
        if faults and chance.random() < 0.3:
            _disguise(cells, chance.choice(HARMLESS))
        yield cells, Truth(line, "recorded")


def _clean(who: Person, lot: str, n: int) -> list[Any]:
    return [
        who.name, who.birth, who.sex, who.phone, "CCCD", who.cccd, None, "79", None, who.address,
        "09", 1, "AstraZeneca", lot, FIRST_DAY + datetime.timedelta(days=n % DAYS), "08:30",
        "Lê Thị Mai", None,
    ]  # fmt: skip


def _break(cells: list[Any], fault: str) -> None:
    changes: dict[str, dict[int, Any]] = {
        "no_name": {0: None},
        "digits_in_name": {0: "Nguyễn Văn 4n"},
        "no_birth": {1: "  "},
        "impossible_birth": {1: "31/02/1987"},
        "buddhist_birth": {1: "12/03/2530"},
        "short_id": {5: "0791871212"},
        "bad_phone": {3: "091234567"},
        "unknown_product": {12: "Vắc xin lạ"},
        "unknown_province": {7: "Atlantis"},
        "no_dose_day": {14: None},
        "future_dose": {14: datetime.date(2099, 1, 1)},
        "before_campaign": {14: "01/02/2021"},
        "unknown_lot": {13: "KHONGCO1"},
    }
    for position, value in changes[fault].items():
        cells[position] = value


def _disguise(cells: list[Any], how: str) -> None:
    import unicodedata

    birth, given = cells[1], cells[14]
    epoch = datetime.date(1899, 12, 30)
    changes: dict[str, dict[int, Any]] = {
        "as_float": {5: float(cells[5]), 3: float(cells[3])},
        "serial_days": {1: (birth - epoch).days, 14: (given - epoch).days},
        "lost_zero": {5: cells[5].removeprefix("0")},
        "nfd_name": {0: unicodedata.normalize("NFD", cells[0])},
        "spaces": {0: f"  {cells[0].replace(' ', '   ')} ", 13: f" {cells[13]} "},
        "upper_case": {0: cells[0].upper(), 13: cells[13].lower()},
        "other_product": {12: "  astra zeneca "},
        "province_by_name": {7: "TP. Hồ Chí Minh"},
        "text_clock": {15: "8h30"},
        "full_width_phone": {3: "+84 " + cells[3][1:]},
        "year_only": {1: f"{birth:%d/%m/%Y}"},
    }
    for position, value in changes[how].items():
        cells[position] = value


def write_sheet(path: Path, **over: Any) -> list[Truth]:
    """Write an xlsx; returns the truth of its rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Mũi tiêm")
    sheet.append(HEADINGS)
    truths = []
    for cells, truth in sheet_rows(**over):
        sheet.append(cells)
        truths.append(truth)
    book.save(path)
    return truths


def expected(truths: list[Truth]) -> Counter[str]:
    return Counter(truth.outcome for truth in truths)


# ── the wide form: one person a row, two doses side by side ───────────────────────────────────
_DOSE = ("Tên vắc xin", "Ngày tiêm", "Lô", "Địa điểm")
WIDE_HEADINGS = (
    "Họ và tên", "Ngày sinh", "Giới tính (0 nam, 1 nữ)", "Mã nhóm đối tượng", "Đơn vị công tác",
    "Số điện thoại", "CMT/CCCD", "Số thẻ BHYT", "Tỉnh", "Mã tỉnh", "Huyện", "Mã huyện", "Xã",
    "Mã xã", "Địa chỉ chi tiết", *_DOSE, *_DOSE, "Ghi chú",
)  # fmt: skip
ONE, TWO = 15, 19  # where the doses begin
VACCINE, DAY, LOT, PLACE = range(4)
ELSEWHERE = "Bệnh viện Xa Lạ"
RECORDED = ("recorded", "")
# What happens to a row → outcome and reason of each dose, by its number.
WIDE_CASES: dict[str, dict[int, tuple[str, str]]] = {
    "both": {1: RECORDED, 2: RECORDED},
    "one": {1: RECORDED},
    "place_prefilled": {1: RECORDED},
    "only_second": {2: RECORDED},
    "second_unknown_product": {1: RECORDED, 2: ("refused", "product_unreadable")},
    "second_unknown_lot": {1: RECORDED, 2: ("held", "lot_unknown")},
    "second_elsewhere": {1: RECORDED, 2: ("held", "dose_given_elsewhere")},
    "first_elsewhere": {1: ("held", "dose_given_elsewhere"), 2: RECORDED},
    "too_soon": {1: RECORDED, 2: ("recorded", "interval_too_short")},
    "wrong_order": {1: ("held", "dose_out_of_order"), 2: RECORDED},
    "same_day": {1: RECORDED, 2: ("held", "dose_on_same_day")},
    "no_name": {1: ("refused", "cell_missing"), 2: ("refused", "cell_missing")},
    "no_dose": {1: ("refused", "no_dose_in_row")},
}


def wide_rows(
    *, count: int, lots: list[str], place: str, first_person: int = 0
) -> Iterator[tuple[list[Any], list[Truth]]]:
    """Cells of each row and the truth of each of its doses; every case comes in turn. `place`: how
    the sheet calls the site that sends it."""
    names = list(WIDE_CASES)
    for n in range(count):
        case = names[n % len(names)]
        cells = _clean_wide(person(first_person + n), lots[n % len(lots)], n, place)
        _bend(cells, case)
        yield cells, [Truth(n + 2, *answer, part=part) for part, answer in WIDE_CASES[case].items()]


def _clean_wide(who: Person, lot: str, n: int, place: str) -> list[Any]:
    first = FIRST_DAY + datetime.timedelta(days=n % DAYS)
    second = first + datetime.timedelta(days=70)
    return [
        who.name, f"{who.birth:%d/%m/%Y}", int(who.sex == "Nữ"), "9", "Trường học", who.phone,
        float(who.cccd), None, "Thành phố Hồ Chí Minh", 79.0, "Quận 1", 760.0, "Bến Nghé", 26740.0,
        who.address, "AstraZeneca", first, lot, place, "AZ", f"{second:%d/%m/%Y}", lot.lower(),
        None, None,
    ]  # fmt: skip


def _bend(cells: list[Any], case: str) -> None:
    first = cells[ONE + DAY]
    nothing = [None] * 4
    changes: dict[str, dict[int, list[Any]]] = {
        "one": {TWO: nothing},
        "place_prefilled": {TWO: [None, None, None, ELSEWHERE]},
        "only_second": {ONE: nothing},
        "second_unknown_product": {TWO: ["Vắc xin lạ"]},
        "second_unknown_lot": {TWO + LOT: ["KHONGCO1"]},
        "second_elsewhere": {TWO + PLACE: [ELSEWHERE]},
        "first_elsewhere": {ONE + PLACE: [ELSEWHERE]},
        "too_soon": {TWO + DAY: [first + datetime.timedelta(days=7)]},
        "wrong_order": {TWO + DAY: [first - datetime.timedelta(days=40)]},
        "same_day": {TWO + DAY: [first]},
        "no_name": {0: [None]},
        "no_dose": {ONE: nothing, TWO: nothing},
    }
    for position, values in changes.get(case, {}).items():
        cells[position : position + len(values)] = values


def write_wide_sheet(path: Path, **over: Any) -> list[Truth]:
    """Write an xlsx of the wide form; returns the truth of its doses."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    sheet.append(WIDE_HEADINGS)
    truths: list[Truth] = []
    for cells, truth in wide_rows(**over):
        sheet.append(cells)
        truths += truth
    book.save(path)
    return truths
