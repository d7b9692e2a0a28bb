"""What is on record of a person, as a file for her: each app hands in its own parts.

A part is a title and rows of facts; in the file for machines under its name and the facts' names.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from registration.models import Citizen

Text = str | Promise


@dataclass(frozen=True)
class Fact:
    """One value: its name in the file for machines, its label, the value, and the value in words
    (the same where empty). Values are texts, numbers, booleans, None or ISO dates."""

    name: str
    label: Text
    value: Any
    words: Text = ""

    @property
    def in_words(self) -> str:
        return str(self.words or ("" if self.value is None else self.value))


Row = Sequence[Fact]
Rows = Callable[[Citizen], Sequence[Row]]


@dataclass(frozen=True)
class Part:
    name: str
    title: Text
    rows: Sequence[Row]


_PARTS: list[tuple[int, str, Text, Rows]] = []


def register_own_data(position: int, name: str, title: Text, rows: Rows) -> None:
    """`rows(citizen)`: one sequence of facts for each thing on record."""
    _PARTS[:] = [part for part in _PARTS if part[1] != name]
    _PARTS.append((position, name, title, rows))
    _PARTS.sort(key=lambda part: part[0])


def own_data_of(citizen: Citizen) -> list[Part]:
    """Every part, in order; empty ones too, so that one reads that there is nothing."""
    return [Part(name, title, rows(citizen)) for _position, name, title, rows in _PARTS]


def as_object(parts: Sequence[Part], *, now: datetime.datetime) -> Mapping[str, Any]:
    """The whole as it stands in the file for machines."""
    return {
        "format": "vaxplatform-own-data/1",
        "made_at": now.isoformat(),
        **{part.name: [{f.name: f.value for f in row} for row in part.rows] for part in parts},
    }
