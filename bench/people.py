"""A million people on record with their papers, as the rows of a file name them."""

import io
from collections.abc import Iterable
from dataclasses import replace

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from registration.models import AdministrativeUnit, Citizen, UnitKind
from tests.dirty_sheets import Person, person
from vaxplatform.crypto import blind_index, seal
from vaxplatform.vietnam import search_key

ON_RECORD = 1_000_000
ROWS = 100_000  # of a file; each has people of its own, one in five of them a stranger
FILES = 3
STEP = 20_000
TRIGRAMS = "citizen_search_name_trgm"  # most of the time, unless it is made in the end
SEX = {"Nam": "male", "Nữ": "female"}
_CITIZEN = (
    "id, public_id, full_name, search_name, date_of_birth, sex, phone, nationality, ethnicity,"
    " occupation, workplace, address, identity_check, created_at, province_id"
)
_DOCUMENT = "citizen_id, kind, number, number_index, added_at"


def register_everybody() -> None:
    """ON_RECORD people, and none of those who are strangers in the files."""
    met = range(ROWS * FILES)
    strangers = len(met[::5])
    register(n for n in range(ON_RECORD + strangers) if n not in met or n % 5)


def register(numbers: Iterable[int]) -> None:
    """Put the people of these numbers (`tests.dirty_sheets.person`) on record, by COPY: the
    triggers and indexes are on the tables, so they work as with any other insert."""
    place = AdministrativeUnit.objects.get(scheme=2021, kind=UnitKind.PROVINCE, code="79").pk
    first = (Citizen.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    now = timezone.now().isoformat()
    people, papers, count = io.StringIO(), io.StringIO(), 0
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [TRIGRAMS])
        (trigrams,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {TRIGRAMS}")
    for count, number in enumerate(numbers, start=1):
        pk, who = first + count - 1, _person(number)
        people.write(_citizen(pk, who, number, place, now))
        papers.write(_document(pk, who, now))
        if count % STEP == 0:
            _copy(people, papers)
            people, papers = io.StringIO(), io.StringIO()
    _copy(people, papers)
    with connection.cursor() as cursor:
        cursor.execute(trigrams)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('registration_citizen', 'id'), %s)",
            [first + count],
        )
        cursor.execute("VACUUM ANALYZE registration_citizen, registration_identitydocument")
        cursor.execute("RESET statement_timeout")


def _person(number: int) -> Person:
    """Numbers of papers repeat after a million; those behind it are of another province."""
    who = person(number)
    return who if number < 1_000_000 else replace(who, cccd=f"001{who.cccd[3:]}")


def _citizen(pk: int, who: Person, number: int, place: int, now: str) -> str:
    public_id = f"00000000-0000-4000-8000-{number:012d}"
    return (
        f"{pk}\t{public_id}\t{who.name}\t{search_key(who.name)}\t{who.birth}\t{SEX[who.sex]}\t"
        f"+84{who.phone[1:]}\tVN\t\t\t\t{who.address}\tnot_checked\t{now}\t{place}\n"
    )


def _document(pk: int, who: Person, now: str) -> str:
    sealed, index = seal(who.cccd).hex(), blind_index("cccd", who.cccd).hex()
    return f"{pk}\tcccd\t\\\\x{sealed}\t\\\\x{index}\t{now}\n"


def _copy(people: io.StringIO, papers: io.StringIO) -> None:
    with connection.cursor() as cursor:
        for table, columns, rows in (
            ("registration_citizen", _CITIZEN, people),
            ("registration_identitydocument", _DOCUMENT, papers),
        ):
            rows.seek(0)
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", rows)
