"""The health book page is made of sections; apps up the stream add theirs in `AppConfig.ready()`.

registration knows no doses: `sites` brings the doses, `certificates` the card and the certificates.
A section's template is rendered with its context and `citizen`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.models import Citizen


@dataclass(frozen=True)
class Section:
    """A part of a person's page: a template and what it shows.

    `shows_only`: it stands also where a record is looked up without an account; the template has
    `without_account` then and leaves out what needs one.
    """

    template: str
    context: Mapping[str, Any]
    shows_only: bool = False


Maker = Callable[[Citizen], Section | None]
_MAKERS: list[tuple[int, Maker]] = []
_MAKERS_BESIDE: list[tuple[int, Maker]] = []


def register_section(position: int, make: Maker, *, aside: bool = False) -> None:
    """`make(citizen)` returns the section, or None where there is nothing to show. `aside`: it
    stands beside the others, where the screen has the room."""
    makers = _MAKERS_BESIDE if aside else _MAKERS
    makers.append((position, make))
    makers.sort(key=lambda pair: pair[0])


def sections_of(citizen: Citizen, *, aside: bool = False) -> list[Section]:
    """The sections of this person's health book, in order."""
    makers = _MAKERS_BESIDE if aside else _MAKERS
    return [section for _position, make in makers if (section := make(citizen)) is not None]


@dataclass(frozen=True)
class PersonStatus:
    """A person in the household list: the segments of the series ring, and the same in words."""

    states: tuple[str, ...]
    text: "str | Promise"


NO_STATUS = PersonStatus(("missing", "missing"), _("No dose on record"))
StatusMaker = Callable[[Sequence[Citizen]], Mapping[int, PersonStatus]]
_STATUS_MAKERS: list[StatusMaker] = []


def register_statuses(make: StatusMaker) -> None:
    """`make(citizens)` returns what is known of some of them, by primary key; a later one wins."""
    _STATUS_MAKERS.append(make)


def statuses_of(citizens: Sequence[Citizen]) -> dict[int, PersonStatus]:
    """The status of each person, by primary key."""
    found = {citizen.pk: NO_STATUS for citizen in citizens}
    for make in _STATUS_MAKERS:
        found.update(make(citizens))
    return found


_SIGN_OUT_NOTES: list[str] = []


def register_sign_out_note(template: str) -> None:
    """A template to stand within the form that signs out, for what stays behind on the phone."""
    _SIGN_OUT_NOTES.append(template)


def sign_out_notes() -> tuple[str, ...]:
    return tuple(_SIGN_OUT_NOTES)
