"""Rows by the thousand: one statement, with an array a column, and look-ups by a set of values.

`bulk_create` spends some 80 µs of Python on a row of twenty columns, more than PostgreSQL does;
here it is some 10. Statement and row triggers see the rows as with any INSERT. A set of values goes
to PostgreSQL as the text of one array: a list of a thousand constants costs it more to parse than
the rows cost to find.
"""

import datetime
import decimal
import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from django.db.models.lookups import Lookup
from psycopg2.extensions import Binary
from psycopg2.extras import Json

M = TypeVar("M", bound=models.Model)

# Fields whose values need no preparation; the others prepare each value.
_AS_THEY_ARE = frozenset(
    {
        models.BinaryField,
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
    columns = {field.attname: list(map(attrgetter(field.attname), rows)) for field in given}
    meta = model._meta
    answer = [meta.get_field(key), meta.pk, *filled] if key else []
    found = _insert(model, columns, answer, ignore_conflicts=ignore_conflicts)
    if not key:
        return []
    return [row for row in rows if _fill(row, found.get(getattr(row, key)), answer[1:])]


def insert_columns(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows of which nobody needs an instance: `columns` holds the values of each field by
    its `attname`, all but those that the database fills in. Raises the database's errors."""
    given, _filled = _columns(model)
    if missing := {field.attname for field in given} ^ set(columns):
        raise ValueError(f"{model.__name__}: {', '.join(sorted(missing))}")
    if next(iter(columns.values())):
        _insert(model, columns, [], ignore_conflicts=False)


def _insert(
    model: type[models.Model],
    columns: Mapping[str, Sequence[Any]],
    answer: Sequence[Any],
    *,
    ignore_conflicts: bool,
) -> dict[Any, tuple[Any, ...]]:
    """What the database answers of each row: the first of the fields `answer` → the others."""
    given, _filled = _columns(model)
    names = ", ".join(f'"{field.column}"' for field in given)
    arrays = ", ".join(f"%s::{_array_type(field)}" for field in given)
    conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    returning = "RETURNING " + ", ".join(f'"{f.column}"' for f in answer) if answer else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names})'  # noqa: S608 - our own models' names
            f" SELECT * FROM unnest({arrays}) {conflict} {returning}",
            [array_of(_prepared(field, columns[field.attname])) for field in given],
        )
        return {values[0]: values[1:] for values in cursor.fetchall()} if answer else {}


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple[list[Any], list[Any]]:
    """The columns that we give, and those (but the key) that the database fills in."""
    fields: list[Any] = list(model._meta.concrete_fields)
    filled = [f for f in fields if f.db_default is not NOT_PROVIDED]
    given = [f for f in fields if f not in filled and not f.primary_key]
    return given, filled


def _prepared(field: Any, values: Sequence[Any]) -> Sequence[Any]:
    if type(field) in _AS_THEY_ARE:
        return values
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


# ── sets of values as one text ────────────────────────────────────────────────────────────────
@models.ForeignKey.register_lookup  # which takes no look-ups of the other fields
@models.Field.register_lookup
class AnyOf(Lookup):
    """`field__any=values`: as `__in`, for a set of any size; one parameter, whatever it holds."""

    lookup_name = "any"

    def get_prep_lookup(self) -> Any:
        prepare = self.lhs.output_field.get_prep_value
        return [prepare(value) for value in self.rhs]

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return f"ANY(%s::{_array_type(self.lhs.output_field)})", (array_of(value),)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        values, of_them = self.process_rhs(compiler, connection)
        return f"{column} = {values}", (*parameters, *of_them)


def array_of(values: Collection[Any]) -> str:
    """The values as PostgreSQL writes an array: `{1,NULL,"a \\"word\\""}`.

    Raises TypeError for a value of a kind that is not known here.
    """
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds <= _PLAIN_OR_NOT:
        return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"
    if kinds == {str} and not _needs_escapes("".join(values)):
        return '{"' + '","'.join(values) + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


# Neither comma nor quote is in what `str` makes of these.
_PLAIN = frozenset({int, uuid.UUID, datetime.date, datetime.datetime})
_PLAIN_OR_NOT = _PLAIN | {type(None)}


def _needs_escapes(text: str) -> bool:
    return '"' in text or "\\" in text


def _element(value: Any) -> str:
    """One value of an array."""
    if value is None:
        return "NULL"
    if isinstance(value, Json):
        value = value.dumps(value.adapted)
    elif isinstance(value, Binary):
        value = value.adapted
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bytes | bytearray | memoryview):
        return '"\\\\x' + bytes(value).hex() + '"'
    if isinstance(value, bool | int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.date | datetime.time | uuid.UUID):
        return f'"{value}"'
    raise TypeError(f"no array holds a {type(value).__name__}")


def _array_type(field: Any) -> str:
    """Without a length: a cast to `varchar(20)` would cut, where the column refuses."""
    return str(field.db_type(connection)).partition("(")[0] + "[]"
