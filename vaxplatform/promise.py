"""The promise about certificates as arithmetic (promise 2): a valid dose has its certificate 30 to
60 minutes after the injection; one that was entered late, within 30 minutes of its entry.

The trigger that queues a dose computes the same `due_at` in SQL.
"""

from datetime import datetime, timedelta


def certificate_due_at(
    *, administered_at: datetime, recorded_at: datetime, delay_seconds: int
) -> datetime:
    """The earliest moment a certificate may be issued: `delay_seconds` after the injection (promise
    2: not before 30 minutes), and for a late entry at once, when it is recorded."""
    return max(administered_at + timedelta(seconds=delay_seconds), recorded_at)


def certificate_expected_by(
    *, administered_at: datetime, recorded_at: datetime, delay_seconds: int, deadline_seconds: int
) -> datetime:
    """The moment by which the certificate is promised (promise 2): `deadline_seconds` after the
    injection; for a late entry the same room for work, deadline less delay, after its entry."""
    return max(
        administered_at + timedelta(seconds=deadline_seconds),
        recorded_at + timedelta(seconds=deadline_seconds - delay_seconds),
    )
