"""The rules of adverse events, pure: signs in, a proposed grade out; counts in, a signal out."""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sites.models import AefiAnswer, AnaphylaxisGrade, Seriousness
from vaxplatform.reference import rows_of

DATA = Path(__file__).resolve().parent / "data" / "aefi_symptoms.csv"
SEND_ON_WITHIN = datetime.timedelta(hours=24)
SAME_EVENT_WITHIN = datetime.timedelta(hours=24)
WATCHED_DAYS = 28  # days of self-watch after a dose
ALWAYS_UNWELL = frozenset({"faint"})  # no sign of anaphylaxis by itself, and never mild
LEAST_REPORTS = 3  # fewer are never a signal
ONE_SIDE = 0.025  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Symptom:
    """A sign that may be ticked. `least_grade`: 0 says nothing of anaphylaxis, 1 skin, 2 another
    organ, 3 critical, 4 arrest. `is_asked_at_home`: people are asked for it in their diary."""

    code: str
    vietnamese: str
    english: str
    organ: str
    least_grade: int
    is_asked_at_home: bool

    def label(self, language: str) -> str:
        return self.vietnamese if language.startswith("vi") else self.english


@cache
def symptoms() -> dict[str, Symptom]:
    """The signs of sites/data/aefi_symptoms.csv by code, in the order of the file."""
    return {
        row["code"]: Symptom(
            code=row["code"],
            vietnamese=row["vietnamese"],
            english=row["english"],
            organ=row["organ"],
            least_grade=int(row["least_grade"]),
            is_asked_at_home=row["asked_at_home"] == "yes",
        )
        for row in rows_of(DATA)
    }


def graded_answer(*, answer: str, signs: Iterable[Symptom]) -> AefiAnswer:
    """The answer as it is kept: a sign that may be anaphylaxis, or fainting, makes it "unwell", and
    any other sign at least "mild"."""
    ticked = list(signs)
    if any(sign.least_grade or sign.code in ALWAYS_UNWELL for sign in ticked):
        return AefiAnswer.UNWELL
    given = AefiAnswer(answer)
    return AefiAnswer.MILD if ticked and given == AefiAnswer.WELL else given


def proposed_grade(codes: Iterable[str]) -> AnaphylaxisGrade:
    """The grade that ticked signs propose; the person who reports decides.

    A critical sign is III and an arrest IV by itself; signs of two organs are II; skin alone is I.
    """
    pointing = [sign for code in codes if (sign := symptoms()[code]).least_grade]
    highest = max((sign.least_grade for sign in pointing), default=0)
    if highest >= AnaphylaxisGrade.III:
        return AnaphylaxisGrade(highest)
    if len({sign.organ for sign in pointing}) > 1:
        return AnaphylaxisGrade.II
    return AnaphylaxisGrade.I if highest == AnaphylaxisGrade.I else AnaphylaxisGrade.NONE


def must_be_sent_on(*, grade: int, seriousness: str) -> bool:
    """Whether the 24-hour clock runs: a serious event, or anaphylaxis of grade III or more."""
    return seriousness != Seriousness.NONE or grade >= AnaphylaxisGrade.III


def chance_of_at_least(count: int, *, expected: float) -> float:
    """P(X >= count) for a Poisson variable of mean `expected`."""
    if expected <= 0:
        return 0.0 if count else 1.0
    below = (math.exp(n * math.log(expected) - expected - math.lgamma(n + 1)) for n in range(count))
    return max(0.0, 1.0 - math.fsum(below))


def is_signal(*, reports: int, doses: int, other_reports: int, other_doses: int) -> bool:
    """Whether a lot has more reports than the other lots of its vaccine let expect.

    At least three, and the lower end of the exact 95 % Poisson interval of its count (Garwood,
    1936) above the count expected at the others' rate. Without other doses nothing is expected
    and nothing is said.
    """
    if reports < LEAST_REPORTS or other_doses <= 0:
        return False
    expected = doses * other_reports / other_doses
    return chance_of_at_least(reports, expected=expected) < ONE_SIDE
