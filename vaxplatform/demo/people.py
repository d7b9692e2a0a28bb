"""People of the demo: names as they occur, numbers that are nobody's.

Phones are 0900 0xx xxx, a block that is not given out; CCCD numbers follow the format (province,
century and sex, year) with a running number.
"""

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from registration.models import AdministrativeUnit
from registration.services.citizens import CitizenDetails, Paper

FAMILY = ["Nguyễn"] * 38 + ["Trần"] * 11 + ["Lê"] * 10 + ["Phạm"] * 7 + [
    *("Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"),
    *("Đinh", "Trịnh", "Mai", "Tô", "Cao", "Lương", "Hà", "Tạ", "Chu", "Quách", "Lò", "Nông"),
]  # fmt: skip
MIDDLE = {
    "male": ["Văn"] * 6 + ["Hữu", "Đức", "Minh", "Quang", "Thanh", "Xuân", "Công", "Ngọc"],
    "female": ["Thị"] * 8 + ["Ngọc", "Thu", "Thanh", "Kim", "Mỹ", "Thị Ánh", "Thị Hồng", "Bích"],
}
GIVEN = {
    "male": [
        *("An", "Bình", "Cường", "Dũng", "Đạt", "Giang", "Hải", "Hùng", "Khánh", "Lâm", "Long"),
        *("Mạnh", "Nam", "Phong", "Phúc", "Quân", "Sơn", "Tài", "Thắng", "Thịnh", "Trung", "Tuấn"),
    ],
    "female": [
        *("Anh", "Ánh", "Chi", "Dung", "Diệp", "Giang", "Hà", "Hạnh", "Hiền", "Hoa", "Hương"),
        *("Lan", "Linh", "Loan", "Mai", "Nga", "Ngân", "Nhung", "Oanh", "Phượng", "Quỳnh", "Yến"),
    ],
}
OTHER_NAMES = ["K’Brếu", "Y Blơ Niê", "H’Hen Ayun", "Thào Mí Cở", "Kră Jăn Hương", "Danh Sóc Kha"]


def full_name(random: Random, sex: str) -> str:
    """A Vietnamese name; one in eighty is of another people of the country."""
    if random.random() < 1 / 80:
        return random.choice(OTHER_NAMES)
    words = random.choice(FAMILY), random.choice(MIDDLE[sex]), random.choice(GIVEN[sex])
    return " ".join(words)


def date_of_birth(random: Random, today: datetime.date) -> str:
    """Someone of 18 to 90; of the old, some know the year only."""
    age_days = int(random.triangular(18, 90, 35) * 365.25)
    born = today - datetime.timedelta(days=age_days)
    if age_days > 65 * 365 and random.random() < 0.2:
        return str(born.year)
    return born.isoformat()


def cccd(province_code: str, sex: str, born: str, number: int) -> str:
    """Twelve digits: birthplace, century and sex, year, running number."""
    year = int(born[:4])
    century_and_sex = (2 if year >= 2000 else 0) + (sex == "female")
    return f"0{province_code}{century_and_sex}{year % 100:02d}{number:06d}"


def demo_phone(number: int) -> str:
    return f"+849000{number:05d}"


def people(
    *,
    random: Random,
    provinces: Sequence[AdministrativeUnit],
    wards: Mapping[int, Sequence[int]],
    today: datetime.date,
) -> Iterator[CitizenDetails]:
    """People without end, in provinces by their adults. `wards`: province id → ward ids."""
    weights = [unit.population_18_plus or 1 for unit in provinces]
    for number in itertools.count(1):
        (province,) = random.choices(provinces, weights)
        sex = random.choice(["male", "female"])
        born = date_of_birth(random, today)
        has_cccd = random.random() < 0.92
        yield CitizenDetails(
            full_name=full_name(random, sex),
            date_of_birth=born,
            sex=sex,
            province_id=province.pk,
            ward_id=random.choice(wards[province.pk]),
            phone=demo_phone(number % 100_000) if random.random() < 0.9 else "",
            papers=(Paper("cccd", cccd(province.code, sex, born, number)),) if has_cccd else (),
        )
