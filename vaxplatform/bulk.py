"""Rows by the thousand: one statement with an array a column.

`bulk_create` spends some 80 µs of Python on a row of twenty columns, more than PostgreSQL does;
here it is some 20. Statement and row triggers see the rows as with any INSERT.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

M = TypeVar("M", bound=models.Model)

# Fields whose values psycopg2 writes as they are; the others prepare each value.
_AS_THEY_ARE = frozenset(
    {
        models.BooleanField,
        models.CharField,
        models.DateTimeField,
        models.ForeignKey,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.TextField,
        models.UUIDField,
    }
)


def insert_rows(rows: Sequence[M], *, key: str = "", ignore_conflicts: bool = False) -> list[M]:
    """Insert the rows; those that went in come back, with their primary key and what the database
    itself filled in. `key`: a unique column by which each row is known again; without one nothing
    comes back.

    `ignore_conflicts`: rows that a unique index refuses are left out. Raises the database's errors.
    """
    if not rows:
        return []
    model = type(rows[0])
    given, filled = _columns(model)
    meta = model._meta
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in given)
    columns = ", ".join(f'"{field.column}"' for field in given)
    answer = [meta.get_field(key), meta.pk, *filled] if key else []
    returning = "RETURNING " + ", ".join(f'"{f.column}"' for f in answer) if key else ""
    conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({columns})'  # noqa: S608 - names of our own models
            f" SELECT * FROM unnest({arrays}) {conflict} {returning}",
            [_values(field, rows) for field in given],
        )
        if not key:
            return []
        found = {values[0]: values[1:] for values in cursor.fetchall()}
    return [row for row in rows if _fill(row, found.get(getattr(row, key)), answer[1:])]


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple[list[Any], list[Any]]:
    """The columns that we give, and those (but the key) that the database fills in."""
    fields: list[Any] = list(model._meta.concrete_fields)
    filled = [f for f in fields if f.db_default is not NOT_PROVIDED]
    given = [f for f in fields if f not in filled and not f.primary_key]
    return given, filled


def _values(field: Any, rows: Sequence[models.Model]) -> list[Any]:
    values = map(attrgetter(field.attname), rows)
    if type(field) in _AS_THEY_ARE:
        return list(values)
    prepare = field.get_db_prep_save
    return [prepare(value, connection) for value in values]


def _fill(row: models.Model, values: tuple[Any, ...] | None, fields: Sequence[Any]) -> bool:
    """Put what the database answered into the row; False where it did not go in."""
    if values is None:
        return False
    for field, value in zip(fields, values, strict=True):
        setattr(row, field.attname, value)
    row._state.adding = False
    row._state.db = connection.alias
    return True
