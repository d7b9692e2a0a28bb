"""Alarms that apps beside or below the command board raise on it, without knowing it.

An app registers a reader in `AppConfig.ready()`; the board of the whole country asks them all. A
reader costs a look at a row or two: it is asked each minute.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Raised:
    """What somebody must act on, in the reader's language; `size` is what it counts: an alarm that
    grows is open again though somebody took it in hand."""

    title: str
    detail: str
    is_bad: bool = False
    size: int = 0


Reader = Callable[[datetime.datetime], Raised | None]
READERS: dict[str, Reader] = {}


def register_alarm(key: str, reader: Reader) -> None:
    """`reader(now)` gives the alarm, or None while all is well; `key` names it for ever."""
    READERS[key] = reader


def raised_alarms(now: datetime.datetime) -> dict[str, Raised]:
    """The alarms that stand now, by their keys."""
    found = {key: reader(now) for key, reader in READERS.items()}
    return {key: alarm for key, alarm in found.items() if alarm is not None}
