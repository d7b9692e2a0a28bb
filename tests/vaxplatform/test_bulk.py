"""Rows by the thousand, and look-ups by a set: nothing is changed on the way."""

import datetime
import uuid

import pytest
from django.db import DataError, connection

from registration.models import Citizen
from tests.factories import make_citizen
from vaxplatform.bulk import array_of, insert_columns, insert_rows

pytestmark = pytest.mark.django_db

STRANGE = (
    "",
    " ",
    "NULL",
    "null",
    "{}",
    "a,b",
    '"',
    "\\",
    "\\\\",
    "'",
    "%s",
    "\n\t",
    'x"\\"y',
    "Ồ",
)


def _read_back(values, kind):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM unnest(%s::{kind}[])", [array_of(values)])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", list(STRANGE)),
        ("text", ["a", "b"]),
        ("text", ["a", None, ""]),
        ("bigint", [1, -(2**62)]),
        ("bigint", [None, 7]),
        ("bigint", [None, None]),
        ("boolean", [True, False, None]),
        ("uuid", [uuid.UUID(int=5), uuid.UUID(int=2**100)]),
        ("uuid", [uuid.UUID(int=5), None]),
        ("date", [datetime.date(2021, 6, 1), None]),
        ("timestamptz", [datetime.datetime(2021, 6, 1, 8, 30, 0, 17, datetime.UTC)]),
        ("double precision", [1.5, float("inf")]),
    ],
)
def test_values_come_back_from_an_array_as_they_went_in(kind, values):
    assert _read_back(values, kind) == values


def test_bytes_come_back_from_an_array_as_they_went_in():
    values = [b"\0\xff'\"\\", b""]
    assert [bytes(value) for value in _read_back(values, "bytea")] == values


def test_a_value_that_no_array_holds_is_refused_and_not_guessed():
    with pytest.raises(TypeError):
        array_of([object()])


def test_an_array_of_nothing_finds_nothing():
    make_citizen()
    assert list(Citizen.objects.filter(pk__any=[])) == []


def test_a_set_of_values_finds_what_a_list_of_them_finds():
    people = [make_citizen(full_name=f"Nguyễn Thị {word}") for word in ("An", "Bình", "Châu")]
    ids = [people[0].pk, people[2].pk, -1]
    keys = [people[1].public_id, uuid.uuid4()]
    by_id = Citizen.objects.filter(pk__any=ids)
    assert set(by_id) == set(Citizen.objects.filter(pk__in=ids)) == {people[0], people[2]}
    assert list(Citizen.objects.filter(public_id__any=keys)) == [people[1]]
    assert set(Citizen.objects.filter(full_name__any=[p.full_name for p in people])) == set(people)
    assert set(Citizen.objects.exclude(pk__any=ids)) == {people[1]}
    provinces = {person.province_id for person in people}
    assert set(Citizen.objects.filter(province__any=provinces)) == set(people)


def _unsaved(**over):
    facts = {"sex": "female", "date_of_birth": "1987-03-12", "province": make_citizen().province}
    return Citizen(**{"full_name": "Lê Thị Mai", "search_name": "le thi mai", **facts, **over})


def test_rows_come_back_with_what_the_database_filled_in():
    rows = [_unsaved(address=text) for text in STRANGE]
    assert insert_rows(rows, key="public_id") == rows
    for row, text in zip(rows, STRANGE, strict=True):
        stored = Citizen.objects.get(pk=row.pk)
        assert (stored.public_id, stored.address) == (row.public_id, text)
        assert stored.created_at == row.created_at


def test_rows_that_a_unique_index_refuses_are_left_out_where_that_is_asked():
    first, same = _unsaved(), _unsaved()
    same.public_id = first.public_id
    other = _unsaved()
    insert_rows([first], key="public_id")
    assert insert_rows([same, other], key="public_id", ignore_conflicts=True) == [other]
    assert Citizen.objects.filter(public_id=first.public_id).count() == 1


def test_a_text_that_is_too_long_is_refused_and_not_cut():
    with pytest.raises(DataError):
        insert_rows([_unsaved(full_name="x" * 500)])


def test_columns_must_be_all_that_the_database_does_not_fill_in():
    with pytest.raises(ValueError, match="full_name"):
        insert_columns(Citizen, {"sex": ["female"]})
