"""The spreadsheet with which an organisation registers its people: its columns, and a row read.

Nothing here looks at what is on record: a row is right or wrong by what it says itself.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.forms.place import as_place
from registration.models import AdministrativeUnit, DocumentKind, GuardianRelation
from registration.rules import needs_guardian, places_meant, plain_line
from registration.selectors import local_units_of, provinces_in_use
from registration.services.citizens import CitizenDetails, Paper
from registration.services.registrations import Guardian, GuardianIsNeeded
from vaxplatform.errors import DomainError, InvalidInput
from vaxplatform.sheets import cells as reading
from vaxplatform.sheets.refusals import CellMissing, FileRefused
from vaxplatform.vietnam import search_key

LOOK_AT_ROWS: Final = 15  # headings stand among the first
MOST_DOSES: Final = 4

# Field → how we head its column, and how others do (as search keys).
COLUMNS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "full_name": ("Họ và tên*", ("ho va ten", "ho ten", "ten", "full name", "name")),
    "date_of_birth": ("Ngày sinh*", ("ngay sinh", "ngay thang nam sinh", "date of birth")),
    "sex": ("Giới tính* (Nam/Nữ)", ("gioi tinh", "phai", "sex")),
    "phone": ("Số điện thoại", ("so dien thoai", "dien thoai", "sdt", "phone")),
    "id_type": ("Loại giấy tờ (CCCD/CMND/Hộ chiếu)", ("loai giay to", "kind of paper")),
    "id_number": (
        "Số giấy tờ*",
        ("so giay to", "so cccd", "cccd", "so cccd cmnd", "cccd cmnd", "cmnd cccd", "cmt cccd",
         "so cmnd cccd", "number of the paper"),
    ),
    "insurance_number": ("Số thẻ BHYT", ("so the bhyt", "bhyt", "so bhyt")),
    "province": ("Tỉnh, thành phố*", ("tinh thanh pho", "tinh", "tinh thanh", "province")),
    "district": ("Quận, huyện", ("quan huyen", "huyen", "district")),
    "ward": ("Phường, xã*", ("phuong xa", "xa phuong", "xa", "phuong", "ward")),
    "address": ("Địa chỉ", ("dia chi", "dia chi chi tiet", "address")),
    "occupation": ("Nghề nghiệp", ("nghe nghiep", "occupation")),
    "dose_number": ("Mũi số*", ("mui so", "mui", "mui tiem", "mui tiem so", "dose")),
    "guardian_name": (
        "Người đồng ý thay (dưới 18 tuổi)",
        ("nguoi dong y thay", "nguoi giam ho", "ho ten nguoi giam ho", "guardian"),
    ),
    "guardian_relation": (
        "Quan hệ (cha mẹ/giám hộ)",
        ("quan he", "quan he voi nguoi giam ho", "relation"),
    ),
}  # fmt: skip
OPTIONAL: Final = frozenset(
    (
        "phone",
        "id_type",
        "insurance_number",
        "district",
        "address",
        "occupation",
        "guardian_name",
        "guardian_relation",
    )
)
REQUIRED: Final = frozenset(COLUMNS) - OPTIONAL
NAMES: Final[Mapping[str, Promise]] = {
    "full_name": _("Full name"),
    "date_of_birth": _("Date of birth"),
    "sex": _("Sex"),
    "phone": _("Phone number"),
    "id_type": _("Kind of paper"),
    "id_number": _("Number of the paper"),
    "insurance_number": _("Health insurance number (BHYT)"),
    "province": _("Province or city of residence"),
    "district": _("District"),
    "ward": _("Ward or commune"),
    "address": _("House number, street, hamlet"),
    "occupation": _("Occupation"),
    "dose_number": _("Which dose is it?"),
    "guardian_name": _("Agrees for the person"),
    "guardian_relation": _("Who is it to the person?"),
}
RELATIONS: Final = {
    "cha": GuardianRelation.PARENT, "bo": GuardianRelation.PARENT, "me": GuardianRelation.PARENT,
    "cha me": GuardianRelation.PARENT, "parent": GuardianRelation.PARENT,
    "giam ho": GuardianRelation.GUARDIAN, "nguoi giam ho": GuardianRelation.GUARDIAN,
    "guardian": GuardianRelation.GUARDIAN,
}  # fmt: skip
Fault = tuple[str, DomainError]


class NoHeadings(FileRefused):
    code = "no_headings"
    message = _("These columns are missing: %(columns)s. Use our sheet, or name yours like it.")


class ProvinceUnknown(InvalidInput):
    code = "province_unknown"
    message = _("There is no province of this name.")


class WardUnknown(InvalidInput):
    code = "ward_unknown"
    message = _("There is no ward of this name in the province.")


class WardNotClear(InvalidInput):
    code = "ward_not_clear"
    message = _("Several wards of the province have this name. Name the district too.")


class DoseUnreadable(InvalidInput):
    code = "dose_unreadable"
    message = _("Write the number of the dose, 1 to %(most)d.")


class RelationUnreadable(InvalidInput):
    code = "relation_unreadable"
    message = _("Write cha, mẹ or giám hộ.")


@dataclass(frozen=True)
class Listed:
    """What a right row says."""

    details: CitizenDetails
    occupation: str
    dose_number: int
    guardian: Guardian | None


@dataclass(frozen=True)
class Head:
    """The line of the headings, their texts, and the field of each column that is known."""

    line: int
    texts: tuple[str, ...]
    columns: dict[int, str]


def find_head(rows: Sequence[tuple[int, Sequence[Any]]]) -> Head:
    """The headings among the first rows. Raises NoHeadings with what is missing."""
    heads = [_head(line, cells) for line, cells in rows[:LOOK_AT_ROWS]]
    best = max(heads, key=lambda head: len(head.columns), default=Head(0, (), {}))
    missing = [field for field in COLUMNS if field in REQUIRED.difference(best.columns.values())]
    if missing:
        raise NoHeadings(columns=", ".join(COLUMNS[field][0].rstrip("*") for field in missing))
    return best


def _head(line: int, cells: Sequence[Any]) -> Head:
    known = {key: field for field, (_ours, keys) in COLUMNS.items() for key in keys}
    texts = tuple(_short(cell) for cell in cells)
    columns: dict[int, str] = {}
    for position, text in enumerate(texts):
        field = known.get(search_key(text.partition("(")[0].replace(",", " ").replace("*", " ")))
        if field and field not in columns.values():
            columns[position] = field
    return Head(line, texts, columns)


def _short(cell: Any) -> str:
    return plain_line(cell)[:100] if isinstance(cell, str) else ""


class RowReader:
    """Reads the rows of one sheet; places are looked up once. `workplace` is the organisation."""

    def __init__(self, columns: Mapping[int, str], *, today: datetime.date) -> None:
        self.columns = columns
        self.today = today
        self._provinces = list(provinces_in_use())
        self._wards: dict[int, list[AdministrativeUnit]] = {}
        self._found: dict[tuple[int, str], AdministrativeUnit] = {}

    def read(self, cells: Sequence[Any]) -> tuple[Listed | None, list[Fault]]:
        """What the row says, or everything that is wrong with it."""
        faults: list[Fault] = []
        row = {self.columns[n]: cell for n, cell in enumerate(cells) if n in self.columns}

        def take(field: str, read: Callable[[Any], Any], empty: Any = "") -> Any:
            cell = row.get(field)
            try:
                if reading.text_of(cell):
                    return read(cell)
                if field in REQUIRED:
                    raise CellMissing
            except DomainError as refusal:
                faults.append((field, refusal))
            return empty

        return self._listed(row, take, faults), faults

    def _listed(
        self, row: Mapping[str, Any], take: Callable[..., Any], faults: list[Fault]
    ) -> Listed | None:
        name = take("full_name", reading.read_name)
        born = take("date_of_birth", lambda cell: reading.read_birth(cell, on=self.today))
        sex = take("sex", reading.read_sex)
        phone = take("phone", reading.read_phone)
        paper = take(
            "id_number",
            lambda cell: reading.read_id(cell, row.get("id_type"), birth=born, sex=sex),
            None,
        )
        insurance = take("insurance_number", reading.read_insurance)
        province = take("province", self._province, None)
        ward = take("ward", lambda cell: self._ward(province, cell, row.get("district")), None)
        dose = take("dose_number", _dose_number, 1)
        guardian = self._guardian(born, take, faults)
        address = take("address", lambda cell: reading.read_line(plain_line(str(cell)), limit=200))
        work = take("occupation", lambda cell: reading.read_line(plain_line(str(cell)), limit=100))
        if faults or province is None:
            return None
        papers = [Paper(*paper)] if paper else []
        if insurance:
            papers.append(Paper(DocumentKind.BHYT.value, insurance))
        details = CitizenDetails(
            full_name=name,
            date_of_birth=born,
            sex=sex,
            phone=phone,
            province_id=province.pk,
            ward_id=ward.pk if ward else None,
            address=address,
            papers=tuple(papers),
        )
        return Listed(details, work, dose, guardian)

    def _guardian(
        self, born: str, take: Callable[..., Any], faults: list[Fault]
    ) -> Guardian | None:
        """Only for people under 18; what stands there for others is not looked at."""
        if not born or not needs_guardian(born, on=self.today):
            return None
        name = take("guardian_name", reading.read_name)
        relation = take("guardian_relation", _relation)
        if not any(field.startswith("guardian") for field, _refusal in faults):
            if name and relation:
                return Guardian(name, relation)
            missing = "guardian_relation" if name else "guardian_name"
            faults.append((missing, RelationUnreadable() if name else GuardianIsNeeded()))
        return None

    def _province(self, cell: Any) -> AdministrativeUnit:
        text = reading.text_of(cell)
        for unit in self._provinces:
            if text == unit.code or search_key(text) in (search_key(unit.name), unit.search_name):
                return unit
        meant = places_meant(text, map(as_place, self._provinces))
        if len(meant) != 1:
            raise ProvinceUnknown
        return next(unit for unit in self._provinces if unit.pk == meant[0].id)

    def _ward(
        self, province: AdministrativeUnit | None, cell: Any, district: Any
    ) -> AdministrativeUnit | None:
        if province is None:
            return None  # the province's own fault says enough
        text = f"{reading.text_of(cell)} {reading.text_of(district)}".strip()
        key = (province.pk, text)
        if key not in self._found:
            self._found[key] = self._look_up(province, text)
        return self._found[key]

    def _look_up(self, province: AdministrativeUnit, text: str) -> AdministrativeUnit:
        units = self._wards.get(province.pk)
        if units is None:
            units = self._wards[province.pk] = list(local_units_of(province))
        meant = places_meant(text, map(as_place, units))
        if not meant:
            raise WardUnknown
        if len(meant) > 1:
            raise WardNotClear
        return next(unit for unit in units if unit.pk == meant[0].id)


def _dose_number(cell: Any) -> int:
    text = reading.text_of(cell)
    if text not in {str(n) for n in range(1, MOST_DOSES + 1)}:
        raise DoseUnreadable(most=MOST_DOSES)
    return int(text)


def _relation(cell: Any) -> str:
    relation = RELATIONS.get(search_key(reading.text_of(cell)))
    if relation is None:
        raise RelationUnreadable
    return relation.value
