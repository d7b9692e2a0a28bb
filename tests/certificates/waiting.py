"""Doses of a day with their certificates, each at the minute that a test names."""

import datetime
import uuid

from django.db import connection
from django.utils import timezone

from certificates.models import Certificate, IssuanceJob, JobState, SigningKey
from sites.models import Dose, Lot
from tests.factories import make_dose, make_lot, make_site

DAY = datetime.date(2021, 11, 6)
NINE = datetime.datetime(2021, 11, 6, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
LATER = NINE + datetime.timedelta(days=3)
MINUTE = datetime.timedelta(minutes=1)
HOUR = 60 * MINUTE


def lot_of(**site) -> Lot:
    return make_lot(site=make_site(**site), doses=1000)


def signing_key() -> SigningKey:
    now, day = timezone.now(), datetime.timedelta(days=1)
    return SigningKey.objects.get_or_create(
        kid="00" * 8,
        defaults={
            "certificate_pem": "-",
            "csca_pem": "-",
            "not_before": now - day,
            "sign_until": now + day,
            "not_after": now + 500 * day,
        },
    )[0]


def dose_at(
    lot: Lot,
    *,
    given: datetime.datetime = NINE,
    entered_after: float = 0,
    certified_after: tuple[float, ...] = (),
    **over,
) -> Dose:
    """A dose given at `given`, entered and certified so many minutes after it; the last of
    several certificates is the live one."""
    entered = given + entered_after * MINUTE
    dose = make_dose(lot=lot, source=over.pop("source", "live"))
    Dose.objects.filter(pk=dose.pk).update(administered_at=given, recorded_at=entered, **over)
    due = max(given + 30 * MINUTE, entered)
    IssuanceJob.objects.filter(pk=dose.pk).update(
        state=JobState.ISSUED if certified_after else JobState.PENDING,
        due_at=due,
        next_at=due,
        deadline_at=max(given + HOUR, entered + 30 * MINUTE),
        last_error="",
    )
    for number, minutes in enumerate(certified_after, start=1):
        certify(dose, given + minutes * MINUTE, is_live=number == len(certified_after))
    dose.refresh_from_db()
    return dose


def certify(dose: Dose, at: datetime.datetime, *, is_live: bool = True) -> Certificate:
    ended = {} if is_live else {"status": "superseded", "ended_at": at, "end_reason": "corrected"}
    return Certificate.objects.create(
        dose=dose,
        uvci=f"URN:UVCI:01:VN:{uuid.uuid4().hex.upper()}#A",
        hcert="HC1:",
        key=signing_key(),
        issued_at=at,
        expires_at=at + datetime.timedelta(days=365),
        **ended,
    )


def stuck(dose: Dose, error: str, *, due: datetime.datetime) -> IssuanceJob:
    """The dose's job, given up for this reason."""
    IssuanceJob.objects.filter(pk=dose.pk).update(
        state=JobState.NEEDS_REVIEW,
        attempts=5,
        last_error=error,
        due_at=due,
        deadline_at=due + 30 * MINUTE,
    )
    return IssuanceJob.objects.get(pk=dose.pk)


def note_history_at(dose: Dose, *moments: datetime.datetime) -> None:
    """Date the last versions of the dose in its history; in a test they are of one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_id FROM vaccination_sites_doseevent WHERE pgh_obj_id = %s"
            " ORDER BY pgh_id DESC LIMIT %s",
            [dose.pk, len(moments)],
        )
        versions = reversed([row[0] for row in cursor.fetchall()])
        for version, moment in zip(versions, moments, strict=True):
            cursor.execute(
                "UPDATE vaccination_sites_doseevent SET pgh_created_at = %s WHERE pgh_id = %s",
                [moment, version],
            )
