"""A row of a file beside the people on record who may be meant: what agrees, in words."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from registration.models import AdministrativeUnit, Citizen, IdentityDocument, Sex
from registration.services.citizens import CitizenDetails
from sites.import_words import written
from sites.imports.headings import Column
from sites.imports.rows import Reason
from sites.models import Dose, DoseStatus, ImportedRow, MatchedBy
from sites.services.doses import DoseItem
from sites.services.import_cells import cells_of
from sites.services.import_outcomes import columns_from
from sites.services.imported_rows import row_item
from vaxplatform import formatting
from vaxplatform.vietnam import day_in_vietnam, mask_id, mask_phone

SAME, DIFFERENT, NEARLY, UNKNOWN = "same", "different", "nearly", "unknown"
PAPER_ORDER = ("cccd", "cmnd", "passport", "bhyt")


@dataclass(frozen=True)
class Fact:
    """One thing of a person: as the row says it, as it is on record, and whether they agree."""

    label: str
    written: str
    on_record: str
    agreement: str


@dataclass(frozen=True)
class DoseLine:
    number: int
    vaccine: str
    day: datetime.datetime
    site: str
    same_day: bool  # as the dose of the row


@dataclass(frozen=True)
class Person:
    """Somebody on record beside the row. `key`: what to press for her; 0 for none."""

    citizen: Citizen
    key: int
    likeness: str
    facts: Sequence[Fact]
    doses: Sequence[DoseLine]


@dataclass(frozen=True)
class Review:
    """`written`: heading and cell of the row, as somebody wrote them. `item`: the dose as read."""

    row: ImportedRow
    written: Sequence[tuple[str, str]]
    item: DoseItem | None
    unread: Sequence[Reason]
    people: Sequence[Person] = field(default_factory=list)

    @property
    def is_about_a_number(self) -> bool:
        """A number is on record for somebody of another name."""
        return self._waits_for("identity_does_not_match")

    @property
    def is_about_the_place(self) -> bool:
        """The row names another place than this site; that is settled before all else."""
        return self._waits_for("dose_given_elsewhere")

    @property
    def is_about_a_twin(self) -> bool:
        """The file says the same twice: one dose, or two people."""
        return self._waits_for("row_twice_in_file")

    def _waits_for(self, code: str) -> bool:
        return any(reason["code"] == code for reason in self.row.reasons)

    @property
    def asks_who(self) -> bool:
        return bool(self.row.candidates)


def review(*, row: ImportedRow, now: datetime.datetime) -> Review:
    """The row, and everybody it may be about. Who shows it puts the look-up on record."""
    found = row_item(row=row, now=now) if row.cells else []
    item = found if isinstance(found, DoseItem) else None
    unread = [] if isinstance(found, DoseItem) else list(found)
    scores = {c["citizen"]: c["score"] for c in row.candidates or []}
    if not scores and row.citizen_id:
        scores = {row.citizen_id: 1.0}
    return Review(row, _written(row), item, unread, _people(row, item, scores))


def _people(row: ImportedRow, item: DoseItem | None, scores: dict[int, float]) -> Sequence[Person]:
    citizens = Citizen.objects.select_related("province").in_bulk(list(scores))
    papers: defaultdict[int, dict[str, IdentityDocument]] = defaultdict(dict)
    for document in IdentityDocument.objects.filter(citizen__in=citizens):
        papers[document.citizen_id][document.kind] = document
    doses: defaultdict[int, list[DoseLine]] = defaultdict(list)
    day = item.administered_at.date() if item else None
    for dose in (
        Dose.objects.filter(citizen__in=citizens, status=DoseStatus.RECORDED)
        .select_related("vaccine", "site")
        .order_by("dose_number")
    ):
        same_day = day_in_vietnam(dose.administered_at) == day
        line = DoseLine(
            dose.dose_number, str(dose.vaccine), dose.administered_at, dose.site.name, same_day
        )
        doses[dose.citizen_id].append(line)
    return [
        Person(
            citizen=citizens[pk],
            key=key if row.candidates else 0,
            likeness=_likeness(row, score),
            facts=[
                fact
                for fact in _facts(item, citizens[pk], papers[pk])
                if (fact.written, fact.on_record) != ("–", "–")
            ],
            doses=doses[pk],
        )
        for key, (pk, score) in enumerate(scores.items(), start=1)
        if pk in citizens
    ]


def _likeness(row: ImportedRow, score: float) -> str:
    """The score in words."""
    if not row.candidates:
        return _("The person on record")
    if any(reason["code"] == "identity_does_not_match" for reason in row.reasons):
        return _("Holds this number")
    if score >= 0.95:
        return _("Almost surely the same")
    return _("Very alike") if score >= 0.85 else _("Alike")


# ── facts ─────────────────────────────────────────────────────────────────────────────────────
def _facts(
    item: DoseItem | None, citizen: Citizen, papers: dict[str, IdentityDocument]
) -> list[Fact]:
    said = item.citizen if item and isinstance(item.citizen, CitizenDetails) else None
    if said is None:
        return _facts_alone(citizen, papers)
    province = AdministrativeUnit.objects.get(pk=said.province_id)
    birth = formatting.partial_date
    return [
        Fact(
            _("Full name"), said.full_name, citizen.full_name,
            _exactly(said.search_name, citizen.search_name),
        ),
        Fact(
            _("Date of birth"), birth(said.date_of_birth), birth(citizen.date_of_birth),
            _births(said.date_of_birth, citizen.date_of_birth),
        ),
        Fact(
            _("Sex"), str(Sex(said.sex).label), str(citizen.get_sex_display()),
            _exactly(said.sex, citizen.sex),
        ),
        Fact(
            _("Province"), province.name, citizen.province.name,
            _exactly(province.pk, citizen.province_id),
        ),
        Fact(
            _("Phone"), _phone(said.phone), _phone(citizen.phone),
            _exactly(said.phone, citizen.phone),
        ),
        _paper_fact(said, papers),
        Fact(
            _("Address"), said.address or "–", citizen.address or "–",
            _exactly(said.address.lower(), citizen.address.lower()),
        ),
    ]  # fmt: skip


def _facts_alone(citizen: Citizen, papers: dict[str, IdentityDocument]) -> list[Fact]:
    """What is on record, where the row cannot be read."""
    facts = (
        (_("Full name"), citizen.full_name),
        (_("Date of birth"), formatting.partial_date(citizen.date_of_birth)),
        (_("Sex"), str(citizen.get_sex_display())),
        (_("Province"), citizen.province.name),
        (_("Phone"), _phone(citizen.phone)),
        (_("Number of the paper"), _masked(papers)),
    )
    return [Fact(label, "–", value, UNKNOWN) for label, value in facts]


def _exactly(said: Any, known: Any) -> str:
    if said in ("", None) or known in ("", None):
        return UNKNOWN
    return SAME if said == known else DIFFERENT


def _births(said: str, known: str) -> str:
    """A year fits a day of that year, and is less than the same."""
    if said == known:
        return SAME
    return NEARLY if said[:4] == known[:4] else DIFFERENT


def _phone(phone: str) -> str:
    return mask_phone(phone) if phone else "–"


def _masked(papers: dict[str, IdentityDocument]) -> str:
    kind = next((kind for kind in PAPER_ORDER if kind in papers), "")
    return mask_id(str(papers[kind].number)) if kind else "–"


def _paper_fact(said: CitizenDetails, papers: dict[str, IdentityDocument]) -> Fact:
    """A kind of paper that both have, if there is one; the same number is the same paper."""
    label = _("Number of the paper")
    for paper in said.papers:
        known = papers.get(paper.kind)
        if known is not None:
            agreement = SAME if bytes(known.number_index) == paper.index else DIFFERENT
            return Fact(label, mask_id(paper.number), mask_id(str(known.number)), agreement)
    own = mask_id(said.papers[0].number) if said.papers else "–"
    return Fact(label, own, _masked(papers), UNKNOWN)


# ── the row as it was written ─────────────────────────────────────────────────────────────────
def _written(row: ImportedRow) -> list[tuple[str, str]]:
    """Heading and cell, without the empty cells and those of the row's other doses."""
    columns = columns_from(row.batch.columns)
    return [
        (row.batch.headings[position] or "–", written(cell))
        for position, cell in enumerate(cells_of(row.cells))
        if cell not in (None, "")
        and position < len(row.batch.headings)
        and _is_of(columns.get(position), row.part)
    ]


def _is_of(column: Column | None, part: int) -> bool:
    return column is None or column[1] in (0, part)


def how_matched(row: ImportedRow) -> str:
    """Why the dose went to this person, in a sentence."""
    if row.matched_by == MatchedBy.CONTACT:
        return _("Phone, name and date of birth are the same. No number of a paper told who it is.")
    if row.matched_by == MatchedBy.ADDRESS:
        return _(
            "Name, date of birth, sex, province and address are the same, and nobody else is alike."
        )
    if row.matched_by == MatchedBy.FILE:
        return _(
            "Another row of this file names the same person: name, date of birth, sex and address."
        )
    who = row.decided_by.get_full_name() if row.decided_by else ""
    return _("Decided by %(name)s.") % {"name": who or "–"}
