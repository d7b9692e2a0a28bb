"""What views hand to the components: small records, so that templates hold no logic."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Step:
    """A step of a form on several pages."""

    text: Text
    state: Literal["done", "now", "todo"] = "todo"


@dataclass(frozen=True)
class ChainStep:
    """A step on the way of a dose to its certificate."""

    title: Text
    detail: Text = ""
    state: Literal["ok", "now", "todo"] = "todo"


CHECK_SYMBOLS = {"ok": "check", "warn": "alert", "wait": "clock", "bad": "cross"}


@dataclass(frozen=True)
class Check:
    """A thing that was looked at, and what was found."""

    text: Text
    finding: Text = ""
    result: Literal["ok", "warn", "wait", "bad"] = "ok"

    @property
    def symbol(self) -> str:
        return CHECK_SYMBOLS[self.result]

    @property
    def kind(self) -> str:
        """The colour: waiting is shown in the colour of a warning."""
        return "warn" if self.result == "wait" else self.result


@dataclass(frozen=True)
class SummaryRow:
    """A fact with, perhaps, a link that changes it."""

    label: Text
    value: Text
    url: str = ""
    action: Text = ""


@dataclass(frozen=True)
class Tab:
    """A view of the same page; the current one stays a link."""

    url: str
    text: Text
    current: bool = False


@dataclass(frozen=True)
class PersonChip:
    """A member of the household; `states` are those of the series ring."""

    url: str
    name: str
    states: tuple[str, ...]
    current: bool = False


@dataclass(frozen=True)
class PageLink:
    """A number of the pagination; no url means the gap between two numbers."""

    text: str
    url: str = ""
    current: bool = False


def steps(texts: list[Text] | tuple[Text, ...], *, at: int) -> list[Step]:
    """The steps of a form, the one at `at` (counted from 1) being filled in now."""
    return [
        Step(text, "done" if number < at else "now" if number == at else "todo")
        for number, text in enumerate(texts, start=1)
    ]
