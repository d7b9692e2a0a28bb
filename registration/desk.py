"""The last way to a record: people decide. The response centre hands in how a case is opened.

registration knows no cases; without a desk the page says to telephone.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from registration.models import Account


@dataclass(frozen=True)
class DeskClaim:
    """`account` asks to speak for a person named as she is on the papers; `words` say why the
    other ways do not work."""

    account: Account
    full_name: str
    date_of_birth: str
    words: str


OpenCase = Callable[[DeskClaim, datetime.datetime], str]
_DESKS: list[OpenCase] = []


def register_desk(open_case: OpenCase) -> None:
    """`open_case(claim, now)` returns the address of the case's page; raises DomainError."""
    _DESKS[:] = [open_case]


def has_desk() -> bool:
    return bool(_DESKS)


def open_at_desk(claim: DeskClaim, *, now: datetime.datetime) -> str:
    """The address of the new case. Only where `has_desk`; raises what the desk refuses."""
    (open_case,) = _DESKS
    return open_case(claim, now)
