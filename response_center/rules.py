"""The desk's rules as plain figures and functions: no query, no clock."""

import datetime
import secrets
from dataclasses import dataclass

from response_center.models import CaseKind, CaseLevel, CaseUrgency
from vaxplatform.vietnam.text import ascii_digits

ANSWER_WITHIN = datetime.timedelta(hours=48)  # Công văn 9458/BYT-CNTT
STUCK_ANSWER_WITHIN = datetime.timedelta(hours=24)  # promise 2: within 24 hours, or a case
LEVEL_TIME = datetime.timedelta(hours=24)  # what each level after the site has before the next
CLAIM_FOR = datetime.timedelta(minutes=15)
HANDED_FOR = datetime.timedelta(hours=2)  # a colleague who is handed a case has to see it first
OLD_AGE = 80  # years, from which on a report is taken before others
OPEN_CASES_A_PERSON = 5  # so that one phone cannot fill the desk

# What `{name}` in the text of an answer may stand for.
PLACEHOLDERS = ("number", "person", "site", "day", "dose", "due")

# Without digits and letters that are taken for one another, spoken or in handwriting.
ALPHABET = "2346789ACDEFGHJKMNPQRTVWXY"
PREFIX = "PA"  # phản ánh


def new_case_number() -> str:
    """A random number such as PA-7K3M-2Q: 26⁶ of them, none tells how many there were before."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(6))
    return f"{PREFIX}-{letters[:4]}-{letters[4:]}"


def read_case_number(typed: str) -> str:
    """The number as we write it, however it was typed: "pa 7k3m2q", "7K3M-2Q"; "" if it is none."""
    letters = "".join(
        ch for ch in ascii_digits(typed[:40]).upper() if ch.isascii() and ch.isalnum()
    )
    if len(letters) == len(PREFIX) + 6:
        letters = letters.removeprefix(PREFIX)
    elif letters.startswith(PREFIX):
        return ""  # cut short: the prefix is no part of the six
    if len(letters) != 6 or not set(letters) <= set(ALPHABET):
        return ""
    return f"{PREFIX}-{letters[:4]}-{letters[4:]}"


def level_above(level: str, *, has_province: bool, has_district: bool = False) -> CaseLevel | None:
    """Who answers next: site → district → province → Ministry; None above the Ministry.

    `has_district`: the case has a district and somebody is posted there; else it is passed over.
    """
    if level == CaseLevel.SITE and has_district:
        return CaseLevel.DISTRICT
    if level in (CaseLevel.SITE, CaseLevel.DISTRICT) and has_province:
        return CaseLevel.PROVINCE
    return None if level == CaseLevel.MINISTRY else CaseLevel.MINISTRY


def urgency_of(
    kind: str,
    *,
    age: int | None = None,
    is_serious: bool = False,
    is_objection: bool = False,
    is_overdue: bool = False,
) -> CaseUrgency:
    """What is taken first. Health in danger: a reaction with a sign of danger (`is_serious`). High:
    any other reaction, people of 80 and more (`age` in years), objections, and what is over its 48
    hours. Low: questions."""
    if kind == CaseKind.REACTION and is_serious:
        return CaseUrgency.DANGER
    is_old = age is not None and age >= OLD_AGE
    if kind == CaseKind.REACTION or is_old or is_objection or is_overdue:
        return CaseUrgency.HIGH
    return CaseUrgency.LOW if kind == CaseKind.QUESTION else CaseUrgency.NORMAL


@dataclass(frozen=True)
class TimeLeft:
    """How a case stands against its 48 hours; `percent` of them is used up, `hours` are whole."""

    hours: int
    percent: float
    is_over: bool

    @property
    def kind(self) -> str:
        """The colour of the bar: red when somebody must act, yellow with a quarter left."""
        if self.is_over:
            return "bad"
        return "warn" if self.percent >= 75 else "fg"


def time_left(
    *, opened_at: datetime.datetime, due_at: datetime.datetime, now: datetime.datetime
) -> TimeLeft:
    """The hours left (or, when over, the hours since), rounded down."""
    whole = (due_at - opened_at).total_seconds() or 1
    left = (due_at - now).total_seconds()
    used = min(max(100 - left / whole * 100, 0), 100)
    return TimeLeft(hours=int(abs(left) // 3600), percent=round(used, 1), is_over=left < 0)
