"""The certificate window (promise 2): 30 to 60 minutes after the injection, and for a late entry
within 30 minutes of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vaxplatform.promise import certificate_due_at, certificate_expected_by

INJECTED = datetime(2021, 11, 6, 3, 0, tzinfo=UTC)
MINUTES = st.integers(min_value=0, max_value=60 * 24 * 30)


def window(*, entered_after_minutes: int) -> tuple[float, float]:
    """Minutes from the injection to the earliest and the promised moment."""
    recorded_at = INJECTED + timedelta(minutes=entered_after_minutes)
    due = certificate_due_at(administered_at=INJECTED, recorded_at=recorded_at, delay_seconds=1800)
    promised = certificate_expected_by(
        administered_at=INJECTED,
        recorded_at=recorded_at,
        delay_seconds=1800,
        deadline_seconds=3600,
    )
    return (due - INJECTED).total_seconds() / 60, (promised - INJECTED).total_seconds() / 60


def test_a_dose_recorded_at_once_is_due_after_30_and_promised_by_60_minutes() -> None:
    assert window(entered_after_minutes=0) == (30, 60)


def test_a_dose_recorded_just_before_it_is_due_keeps_the_window_of_its_injection() -> None:
    assert window(entered_after_minutes=29) == (30, 60)


def test_a_dose_recorded_between_30_and_60_minutes_still_gets_30_minutes_of_work() -> None:
    assert window(entered_after_minutes=45) == (45, 75)


def test_a_paper_dose_entered_days_later_is_due_at_once_and_promised_within_30_minutes() -> None:
    three_days = 3 * 24 * 60
    assert window(entered_after_minutes=three_days) == (three_days, three_days + 30)


@given(MINUTES)
def test_the_promise_always_leaves_exactly_30_minutes_after_the_earliest_moment(late: int) -> None:
    due, promised = window(entered_after_minutes=late)
    assert promised - due == 30
    assert due >= max(30, late)
