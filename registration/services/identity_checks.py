"""Lists of people for the population database: made, and taken as a file.

There is no live link: a list goes out as xlsx and comes back with its last columns filled in
(`registration.services.identity_answers`). Who has no paper, or one whose number cannot be, is
told so here and makes no journey.
"""

import datetime
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from registration.identity_words import COLUMNS, PAPER_WORDS, SEX_WORDS
from registration.models import (
    Account,
    AdministrativeUnit,
    Citizen,
    DocumentKind,
    IdentityCheck,
    IdentityCheckEvent,
    IdentityCheckList,
    IdentityCheckRow,
    IdentityDocument,
    ListAct,
    RecordAccess,
)
from registration.services.access import AccessPurpose
from vaxplatform.bulk import insert_rows
from vaxplatform.crypto import blind_index
from vaxplatform.vietnam.identity import InvalidIdNumber, normalise_id_number
from vaxplatform.xlsx import Cell, write_sheet

MOST_PEOPLE = 20_000  # on a list
MOST_LOOKED_AT = 100_000  # people in making one
CHUNK = 2_000
AWAITED = datetime.timedelta(days=30)  # who waits for an answer longer goes onto a list again
# By which paper a person is looked for, where she has several.
PAPERS = (DocumentKind.CCCD, DocumentKind.CMND, DocumentKind.PASSPORT)
_LOCK = 7_242_101  # of the advisory lock under which lists are made


@dataclass(frozen=True)
class Sent:
    """A person as a list shows her. `paper`: kind and number; None without a well-formed one;
    `is_malformed`: there are papers, but no number is one."""

    citizen: Citizen
    paper: tuple[str, str] | None
    is_malformed: bool = False

    @property
    def digest(self) -> bytes:
        """32 bytes that change with whatever the database was asked about."""
        c = self.citizen
        return blind_index(
            "identity_check",
            "\n".join((c.full_name, c.date_of_birth, c.sex, *(self.paper or ()))),
        )


def as_sent(citizens: Iterable[Citizen]) -> dict[int, Sent]:
    """Each of `citizens` with the paper of today, by key; one query."""
    people = {citizen.pk: citizen for citizen in citizens}
    papers: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    on_file = IdentityDocument.objects.filter(citizen__any=set(people), kind__in=PAPERS)
    for paper in on_file.order_by("pk").only("citizen_id", "kind", "number"):
        papers[paper.citizen_id].append((paper.kind, str(paper.number)))
    return {pk: _sent(citizen, papers[pk]) for pk, citizen in people.items()}


def _sent(citizen: Citizen, papers: list[tuple[str, str]]) -> Sent:
    well_formed = [paper for paper in papers if _is_well_formed(*paper)]
    if not well_formed:
        return Sent(citizen, None, is_malformed=bool(papers))
    return Sent(citizen, min(well_formed, key=lambda paper: PAPERS.index(DocumentKind(paper[0]))))


def _is_well_formed(kind: str, number: str) -> bool:
    try:
        return normalise_id_number(kind, number) == number
    except InvalidIdNumber:
        return False


# ── making a list ─────────────────────────────────────────────────────────────────────────────
@dataclass
class NewList:
    """`check_list`: None where nobody was to be listed. `without`: how many people were told
    beforehand that they have no paper (no_id) or none with a possible number (malformed_id)."""

    check_list: IdentityCheckList | None = None
    without: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def make_check_list(
    *,
    province: AdministrativeUnit | None,
    by: Account,
    now: datetime.datetime,
    limit: int = MOST_PEOPLE,
) -> NewList:
    """List up to `limit` people of the province, or of all, who were not checked or changed since.

    Who waits on another list for an answer is left out for 30 days. Two lists made at once share
    nobody. At most 100,000 people are looked at; who is left comes with the next list.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    listed: list[Sent] = []
    without: list[int] = []
    waiting = _to_check(province, now)[:MOST_LOOKED_AT].iterator(chunk_size=CHUNK)
    while (chunk := list(islice(waiting, CHUNK))) and len(listed) < limit:
        for sent in as_sent(chunk).values():
            if len(listed) == limit:
                break
            if sent.paper:
                listed.append(sent)
            else:
                without.append(sent.citizen.pk)
    made = NewList(without=_tell_without_paper(without))
    if listed:
        made.check_list = _write(listed, province, by, now)
    return made


def _to_check(province: AdministrativeUnit | None, now: datetime.datetime) -> "QuerySet[Citizen]":
    """In the order of the index `citizen_by_identity_check`."""
    out = IdentityCheckRow.objects.filter(
        citizen=OuterRef("pk"), answered_at=None, check_list__made_at__gt=now - AWAITED
    )
    people = Citizen.objects.filter(
        ~Exists(out), identity_check=IdentityCheck.NOT_CHECKED, merged_into=None
    )
    if province is not None:
        people = people.filter(province=province)
    return people.order_by("province_id", "pk")


def _tell_without_paper(people: list[int]) -> dict[str, int]:
    """Set what needs no journey, for those of `people` who still have no paper when held."""
    told: dict[str, int] = {}
    for start in range(0, len(people), CHUNK):
        chunk = people[start : start + CHUNK]
        held = Citizen.objects.filter(pk__any=chunk).order_by("pk").select_for_update(of=("self",))
        now_known = [sent for sent in as_sent(held).values() if sent.paper is None]
        for result, is_malformed in (
            (IdentityCheck.NO_ID, False),
            (IdentityCheck.MALFORMED_ID, True),
        ):
            keys = [s.citizen.pk for s in now_known if s.is_malformed == is_malformed]
            if keys:
                Citizen.objects.filter(pk__any=keys).update(identity_check=result)
                told[result.value] = told.get(result.value, 0) + len(keys)
    return told


def _write(
    listed: list[Sent],
    province: AdministrativeUnit | None,
    by: Account,
    now: datetime.datetime,
) -> IdentityCheckList:
    check_list = IdentityCheckList.objects.create(
        province=province, rows=len(listed), made_by=by, made_at=now
    )
    insert_rows(
        [
            IdentityCheckRow(check_list=check_list, citizen=sent.citizen, seen=sent.digest)
            for sent in listed
        ]
    )
    return check_list


# ── taking it as a file ───────────────────────────────────────────────────────────────────────
@transaction.atomic
def worklist_file(
    *, check_list: IdentityCheckList, by: Account | None, now: datetime.datetime
) -> bytes:
    """The list as xlsx, its answers empty. That `by` took it is kept for every person in it.

    Whose details changed since, or whose record was joined, is left out, and free for the next
    list.
    """
    IdentityCheckList.objects.select_for_update(no_key=True, of=("self",)).get(pk=check_list.pk)
    rows = list(
        check_list.people.select_related("citizen__province")
        .exclude(answered_at__isnull=False, result="")
        .order_by("pk")
    )
    people = as_sent(row.citizen for row in rows)
    kept = [row for row in rows if _fits(row, people)]
    gone = {row.pk for row in rows} - {row.pk for row in kept}
    IdentityCheckRow.objects.filter(pk__any=gone, answered_at=None).update(answered_at=now)
    _log_taken(check_list, {row.citizen_id for row in kept}, by, now, left_out=len(gone))
    return _as_xlsx(_cells(kept, people))


def _fits(row: IdentityCheckRow, people: dict[int, Sent]) -> bool:
    sent = people[row.citizen_id]
    return sent.citizen.merged_into_id is None and sent.digest == bytes(row.seen)


def _log_taken(
    check_list: IdentityCheckList,
    people: Collection[int],
    by: Account | None,
    now: datetime.datetime,
    *,
    left_out: int,
) -> None:
    IdentityCheckEvent.objects.create(
        check_list=check_list,
        act=ListAct.TAKEN,
        account=by,
        at=now,
        counts={"people": len(people), "left_out": left_out},
    )
    insert_rows(
        [
            RecordAccess(
                citizen_id=citizen_id,
                account=by,
                client="",
                purpose=AccessPurpose.IDENTITY_CHECK,
                at=now,
            )
            for citizen_id in people
        ]
    )


def _cells(rows: list[IdentityCheckRow], people: dict[int, Sent]) -> Iterator[list[Cell]]:
    yield [*COLUMNS]
    for number, row in enumerate(rows, start=1):
        citizen = row.citizen
        kind, paper = people[row.citizen_id].paper or ("", "")
        yield [
            number,
            str(row.public_id),
            citizen.full_name,
            _day(citizen.date_of_birth),
            SEX_WORDS[citizen.sex],
            PAPER_WORDS.get(kind, ""),
            paper,
            citizen.province.name,
            "",
            "",
        ]


def _day(birth: str) -> str:
    """As a Vietnamese office writes it: 12/03/1987, 03/1987 or 1987."""
    return "/".join(reversed(birth.split("-")))


def _as_xlsx(rows: Iterable[list[Cell]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="identity-") as folder:
        target = Path(folder) / "list.xlsx"
        write_sheet(target, title="Đối chiếu dân cư", rows=rows)
        return target.read_bytes()
