"""The medical rules, pure: rows and dates in, findings with their citation out.

No query and no clock in here. Rules are rows (IntervalRule, ScreeningQuestion, VitalBound) with
effective dates; these functions only choose the row that applies and compare.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from registration.models import DoseKind
from sites.models import (
    BoundApplies,
    IntervalRule,
    ScreeningOutcome,
    ScreeningQuestion,
    Vaccine,
    VitalBound,
)


@dataclass(frozen=True)
class GivenDose:
    """A dose a person has had: all that the rules need to know of it."""

    number: int
    kind: str
    vaccine_id: int
    given_on: datetime.date


@dataclass(frozen=True)
class Interval:
    """The days from one dose to the next that a rule allows; `max_days` is advice only."""

    min_days: int
    max_days: int | None
    citation: str


def _in_force(rule: IntervalRule, on: datetime.date) -> bool:
    return (rule.valid_from is None or rule.valid_from <= on) and (
        rule.valid_to is None or on <= rule.valid_to
    )


def interval_between(
    *,
    rules: Iterable[IntervalRule],
    first_vaccine_id: int,
    next_vaccine_id: int,
    dose_kind: str,
    province_id: int,
    on: datetime.date,
) -> Interval | None:
    """The interval in force on `on` from one product to the next; None: no rule allows the pair.

    A province's own rule wins over the nation's, a pair's over a product's, the newest last.
    """
    fitting = [
        rule
        for rule in rules
        if rule.dose_kind == dose_kind
        and rule.first_vaccine_id in (None, first_vaccine_id)
        and rule.next_vaccine_id in (None, next_vaccine_id)
        and rule.province_id in (None, province_id)
        and _in_force(rule, on)
    ]
    if not fitting:
        return None
    best = max(
        fitting,
        key=lambda rule: (
            rule.province_id is not None,
            rule.first_vaccine_id is not None,
            rule.next_vaccine_id is not None,
            rule.valid_from or datetime.date.min,
        ),
    )
    return Interval(best.min_days, best.max_days, best.citation)


def due_days(
    interval: Interval | None, *, given_on: datetime.date
) -> tuple[datetime.date | None, datetime.date | None]:
    """The first day of the next dose after one of `given_on`, and the last day that is advised;
    None where the rules say nothing."""
    if interval is None:
        return None, None
    day = datetime.timedelta(days=1)
    last = None if interval.max_days is None else given_on + interval.max_days * day
    return given_on + interval.min_days * day, last


def next_dose(
    *, history: Sequence[GivenDose], primary_doses: Mapping[int, int]
) -> tuple[int, DoseKind]:
    """The number and kind to propose for a person's next dose.

    `primary_doses`: vaccine id → doses of its primary series. The series is that of the latest
    primary dose's product.
    """
    if not history:
        return 1, DoseKind.PRIMARY
    last = max(history, key=lambda dose: dose.number)
    is_full = series_is_complete(history=history, primary_doses=primary_doses)
    return last.number + 1, DoseKind.BOOSTER if is_full else DoseKind.PRIMARY


def series_is_complete(*, history: Iterable[GivenDose], primary_doses: Mapping[int, int]) -> bool:
    """Whether a primary dose reaches the length of its product's series."""
    return any(
        dose.kind == DoseKind.PRIMARY and dose.number >= primary_doses[dose.vaccine_id]
        for dose in history
    )


# Gravest last: the form proposes the gravest outcome of all its findings.
GRAVITY = (
    ScreeningOutcome.INJECT,
    ScreeningOutcome.CAUTION,
    ScreeningOutcome.DEFER,
    ScreeningOutcome.REFER,
    ScreeningOutcome.CONTRAINDICATED,
)
ALLOWS_INJECTION = frozenset({ScreeningOutcome.INJECT, ScreeningOutcome.CAUTION})


@dataclass(frozen=True)
class ScreeningFinding:
    """A question answered yes, or a vital sign out of its bounds, and what it proposes."""

    code: str
    outcome: str


def screening_findings(
    *,
    questions: Iterable[ScreeningQuestion],
    bounds: Iterable[VitalBound],
    answers: Mapping[str, str],
    vitals: Mapping[str, Decimal],
    has_history_or_is_over_65: bool,
) -> list[ScreeningFinding]:
    """What on the form speaks against an injection today, in the form's order."""
    findings = [
        ScreeningFinding(question.code, question.outcome_if_yes)
        for question in questions
        if answers.get(question.code) == "yes"
    ]
    for bound in bounds:
        value = vitals.get(bound.sign)
        if value is None or (
            bound.applies == BoundApplies.HISTORY_OR_OVER_65 and not has_history_or_is_over_65
        ):
            continue
        is_low = bound.minimum is not None and value < bound.minimum
        is_high = bound.maximum is not None and value > bound.maximum
        if is_low or is_high:
            findings.append(ScreeningFinding(bound.sign, bound.outcome))
    return findings


def proposal(*, findings: Iterable[ScreeningFinding]) -> ScreeningOutcome:
    """The gravest outcome among the findings; to inject where there is none."""
    outcomes = [ScreeningOutcome(finding.outcome) for finding in findings]
    return max(outcomes, key=GRAVITY.index, default=ScreeningOutcome.INJECT)


def doses_by_vaccine(vaccines: Iterable[Vaccine]) -> dict[int, int]:
    """Vaccine id → doses of its primary series, as `next_dose` and others take it."""
    return {vaccine.pk: vaccine.primary_doses for vaccine in vaccines}
