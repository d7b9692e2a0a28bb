"""The health book page is made of sections; apps up the stream add theirs in `AppConfig.ready()`.

registration knows no doses: `sites` brings the doses, `certificates` the card and the certificates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registration.models import Citizen


@dataclass(frozen=True)
class Section:
    """A part of a person's page: a template and what it shows."""

    template: str
    context: Mapping[str, Any]


Maker = Callable[[Citizen], Section | None]
_MAKERS: list[tuple[int, Maker]] = []


def register_section(position: int, make: Maker) -> None:
    """`make(citizen)` returns the section, or None where there is nothing to show."""
    _MAKERS.append((position, make))
    _MAKERS.sort(key=lambda pair: pair[0])


def sections_of(citizen: Citizen) -> list[Section]:
    """The sections of this person's health book, in order."""
    return [section for _position, make in _MAKERS if (section := make(citizen)) is not None]
