"""One row of a sheet as doses to record, or why not. No query: what rows may name is handed in."""

import dataclasses
import datetime
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from registration.services.citizens import CitizenDetails, Paper
from sites import exceptions
from sites.imports import cells
from sites.imports.headings import Column
from sites.models import DoseSource
from sites.services.doses import DoseItem
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import TIME_ZONE, search_key
from vaxplatform.vietnam.text import ascii_digits

T = TypeVar("T")

# Names the content of a row, so that the same dose in another file is the same request.
NAMESPACE: Final = uuid.UUID("6f0d3a4e-5a43-5a0e-9d0c-0a4c6f3f2b11")
MOST_LOT: Final = 30
MOST_VACCINATOR: Final = 100
MOST_ADDRESS: Final = 200
MOST_PLACE: Final = 300
ABBREVIATIONS: Final = {
    "tyt": "tram y te", "ttyt": "trung tam y te", "bv": "benh vien", "bvdk": "benh vien da khoa",
    "pk": "phong kham", "p": "phuong", "x": "xa", "q": "quan", "h": "huyen", "tp": "thanh pho",
    "tt": "thi tran",
}  # fmt: skip
SAYS_A_DOSE: Final = ("vaccine", "lot_number", "given_on", "dose_number")
NO_VACCINATOR: Final = "–"  # lists of 2021 often have no column for it


@dataclass(frozen=True)
class Product:
    code: str
    primary_doses: int


@dataclass(frozen=True)
class Known:
    """What rows may name. `products`: spelling (`search_key`) → product; `provinces`: code or
    name (`search_key`, without "tỉnh" and "thành phố") → id; `wards`: code → (id, province id).
    `site_name`, `site_code`: what a row may call the place where its dose was given."""

    products: Mapping[str, Product]
    provinces: Mapping[str, int]
    wards: Mapping[str, tuple[int, int]]
    site_code: str
    site_province_id: int
    today: datetime.date
    site_name: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a row waits or went no further: the code of a refusal, its field, what fills it in."""

    code: str
    field: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, error: DomainError, field: str = "") -> "Reason":
        return cls(error.code, field or error.field or "", error.params)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "field": self.field, "params": self.params}


@dataclass(frozen=True)
class ReadDose:
    """A dose of a row: an item to record, or the reasons why it cannot be. `part` as in
    `ImportedRow`. Both where it is only the place that is in doubt: a person may still say yes."""

    line: int
    part: int
    item: DoseItem | None
    reasons: tuple[Reason, ...] = ()


Row = tuple[int, list[Any]]


class RowReader:
    """Reads the rows of one sheet; `columns` as `headings` found them."""

    def __init__(self, columns: Mapping[int, Column], known: Known) -> None:
        self.known = known
        self._product_of = lru_cache(maxsize=1_000)(self._find_product)
        self._province_of = lru_cache(maxsize=1_000)(self._find_province)
        self.by_part: dict[int, dict[str, int]] = {}
        for position, (name, part) in columns.items():
            self.by_part.setdefault(part, {})[name] = position
        person = self.by_part.setdefault(0, {})
        self.parts = sorted(part for part in self.by_part if part) or [0]
        self.person = person

    def read(self, row: Row) -> list[ReadDose]:
        """The doses of a row, in their order; one without an item where the person is not told."""
        line, row_cells = row
        reasons: list[Reason] = []
        person = self._person(row_cells, reasons)
        doses = []
        for part in self.parts:
            columns = self.by_part[part]
            if part and not self._any(row_cells, columns):
                continue  # the wide form leaves the cells of a dose not given empty
            doses.append(self._dose(line, part, row_cells, columns, person, reasons))
        if not doses:
            nothing = Reason.of(exceptions.NoDoseInRow())
            doses.append(ReadDose(line, self.parts[0], None, (nothing, *reasons)))
        return doses

    def _any(self, row: Sequence[Any], columns: Mapping[str, int]) -> bool:
        """Whether a dose stands in these columns; its place or hour may be there beforehand."""
        return any(self._cell(row, columns, name) is not None for name in SAYS_A_DOSE)

    def _cell(self, row: Sequence[Any], columns: Mapping[str, int], name: str) -> Any:
        position = columns.get(name)
        return row[position] if position is not None and position < len(row) else None

    def _person(self, row: Sequence[Any], reasons: list[Reason]) -> CitizenDetails | None:
        known, before = self.known, len(reasons)

        def cell(name: str) -> Any:
            return self._cell(row, self.person, name)

        name = _required(cells.read_name, cell("full_name"), "full_name", reasons)
        birth = _required(
            lambda value: cells.read_birth(value, on=known.today),
            cell("date_of_birth"),
            "date_of_birth",
            reasons,
        )
        sex = _required(cells.read_sex, cell("sex"), "sex", reasons)
        phone = _read(cells.read_phone, cell("phone"), "phone", reasons) or ""
        province_id = _read(self._province, row, "province_code", reasons)
        papers = self._papers(cell, birth or "", sex or "", reasons)
        if len(reasons) > before or name is None or birth is None or sex is None:
            return None
        ward_code = cell("ward_code")
        ward = known.wards.get(_digits(ward_code).zfill(5)) if ward_code is not None else None
        return CitizenDetails(
            full_name=name,
            date_of_birth=birth,
            sex=sex,
            province_id=province_id or known.site_province_id,
            ward_id=ward[0] if ward and ward[1] == province_id else None,
            phone=phone,
            address=_short(cell("address"), MOST_ADDRESS),
            papers=papers,
        )

    def _province(self, row: Sequence[Any]) -> int:
        """By code, else by name; the code may have lost its zero."""
        return self._province_of(
            cells.text_of(self._cell(row, self.person, "province_code")),
            cells.text_of(self._cell(row, self.person, "province_name")),
        )

    def _find_province(self, code: str, name: str) -> int:
        if not (code or name):
            raise exceptions.CellMissing
        for text in filter(None, (code, name)):
            for key in _province_keys(text):
                if (found := self.known.provinces.get(key)) is not None:
                    return found
        raise exceptions.PlaceUnreadable

    def _papers(
        self, cell: Callable[[str], Any], birth: str, sex: str, reasons: list[Reason]
    ) -> tuple[Paper, ...]:
        papers = []
        paper = _read(
            lambda value: cells.read_id(value, cell("id_type"), birth=birth, sex=sex),
            cell("id_number"),
            "id_number",
            reasons,
        )
        if paper:
            papers.append(Paper(*paper))
        number = _read(
            cells.read_insurance,
            cell("health_insurance_number"),
            "health_insurance_number",
            reasons,
        )
        if number:
            papers.append(Paper("bhyt", number))
        return tuple(papers)

    def _dose(
        self,
        line: int,
        part: int,
        row: Sequence[Any],
        columns: Mapping[str, int],
        person: CitizenDetails | None,
        of_person: Sequence[Reason],
    ) -> ReadDose:
        reasons = list(of_person)

        def cell(name: str) -> Any:
            found = self._cell(row, columns, name)
            return self._cell(row, self.person, name) if found is None and part else found

        product = _required(self._product, cell("vaccine"), "vaccine", reasons)
        lot = _required(
            lambda value: cells.read_line(value, limit=MOST_LOT).upper(),
            cell("lot_number"),
            "lot_number",
            reasons,
        )
        day = _required(cells.read_day, cell("given_on"), "given_on", reasons)
        clock = _read(cells.read_clock, _clock_cell(cell), "given_at", reasons)
        number = self._number(cell("dose_number"), part, reasons)
        vaccinator = _read(
            lambda value: cells.read_line(value, limit=MOST_VACCINATOR),
            cell("vaccinator"),
            "vaccinator",
            reasons,
        )
        if reasons or not (person and product and lot and day and clock and number):
            return ReadDose(line, part, None, tuple(reasons))
        at = datetime.datetime.combine(day, clock, TIME_ZONE)
        item = self._item(person, product, lot, at, number, vaccinator or NO_VACCINATOR)
        place = _short(cell("place"), MOST_PLACE)
        if is_here(place, code=self.known.site_code, name=self.known.site_name):
            return ReadDose(line, part, item)
        return ReadDose(line, part, item, (Reason.of(exceptions.DoseGivenElsewhere()),))

    def _product(self, value: Any) -> Product:
        return self._product_of(cells.text_of(value))

    def _find_product(self, text: str) -> Product:
        found = self.known.products.get(search_key(text))
        if found is None:
            raise exceptions.ProductUnreadable
        return found

    def _number(self, value: Any, part: int, reasons: list[Reason]) -> tuple[int, str] | None:
        """In the wide form the place of the columns is the number where no cell says it."""
        if value is None and part:
            return part, ""
        return _required(cells.read_dose_number, value, "dose_number", reasons)

    def _item(
        self,
        person: CitizenDetails,
        product: Product,
        lot: str,
        at: datetime.datetime,
        number: tuple[int, str],
        vaccinator: str,
    ) -> DoseItem:
        kind = number[1] or ("primary" if number[0] <= product.primary_doses else "booster")
        facts = [
            self.known.site_code,
            person.search_name,
            person.date_of_birth,
            person.phone,
            [[paper.kind, paper.number] for paper in person.papers],
            _all_we_know(person),
            number[0],
            product.code,
            lot,
            at.date().isoformat(),
        ]
        content = json.dumps(facts, ensure_ascii=False)
        return DoseItem(
            idempotency_key=uuid.uuid5(NAMESPACE, content),
            digest=hashlib.sha256(content.encode()).digest(),
            citizen=person,
            dose_number=number[0],
            dose_kind=kind,
            vaccine_code=product.code,
            lot_number=lot,
            administered_at=at,
            vaccinator=vaccinator,
            source=DoseSource.PAPER,
        )


def _all_we_know(person: CitizenDetails) -> list[str]:
    """Of somebody without phone and papers: two namesakes must not become one dose."""
    if person.papers or person.phone:
        return []
    return [person.full_name.casefold(), person.sex, person.address.casefold()]


def _clock_cell(cell: Callable[[str], Any]) -> Any:
    """The hour in a cell of its own, else the one that a cell of the day holds beside it."""
    own = cell("given_at")
    return (
        cell("given_on")
        if own is None and isinstance(cell("given_on"), dict) and "t" in cell("given_on")
        else own
    )


def _short(cell: Any, limit: int) -> str:
    """A text that nothing hangs on: cut, whatever its length."""
    text = " ".join(cell.split()) if isinstance(cell, str) else cells.text_of(cell)
    return text[:limit]


def _digits(cell: Any) -> str:
    """The code in a cell that may hold a name beside it: "Phường Bến Nghé 26740"."""
    found = re.search(r"[0-9]+", ascii_digits(_short(cell, MOST_ADDRESS)))
    return found[0] if found else ""


def _province_keys(text: str) -> Iterator[str]:
    """A code, a name, or both in one cell; a code may have lost its zero."""
    code = _digits(text)
    if code:
        yield code.zfill(2)
    yield place_key(text)
    if code:
        yield place_key(text.replace(code, " "))


@lru_cache(maxsize=5_000)
def is_here(place: str, *, code: str, name: str) -> bool:
    """Whether what a row says of the place means this site: nothing, its code, or its name.

    A name that only begins alike is another place: there are many stations of a "phường 1".
    """
    key = _written_out(place)
    return not key or key in {_written_out(text) for text in (code, name, f"{code} {name}")}


def _written_out(text: str) -> str:
    """A place's name without the abbreviations of offices: "TYT P. 1" is "tram y te phuong 1"."""
    words = re.sub(r"(?<=[a-z])(?=[0-9])", " ", search_key(text)).split()
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def place_key(text: str) -> str:
    """A province's name without what it is: "TP. Hồ Chí Minh" is "ho chi minh"."""
    key = search_key(text)
    for word in ("thanh pho ", "tinh ", "tp "):
        key = key.removeprefix(word)
    return key


def _required(read: Callable[[Any], T], value: Any, name: str, reasons: list[Reason]) -> T | None:
    if value is None:
        reasons.append(Reason.of(exceptions.CellMissing(), name))
        return None
    return _read(read, value, name, reasons)


def _read(read: Callable[[Any], T], value: Any, name: str, reasons: list[Reason]) -> T | None:
    """The value, or None with its reason noted."""
    try:
        return read(value)
    except DomainError as error:
        reasons.append(Reason.of(error, name))
    return None
