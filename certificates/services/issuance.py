"""Issuing what is due: claim, sign, write. Any number of workers, each certificate once.

A claim counts the attempt and sets a lease, and is committed before the work, so that a dose that
kills its worker shows. The work is one transaction that holds the job rows: a correction or a
voiding of the dose updates the same rows (certificates.models.wires) and so comes wholly before or
wholly after. The lease that was set is the token: who lost it writes nothing. The clock is the
database's. Doses are read here by their ids; nobody can hand in what is to be signed.
"""

import datetime
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest

from certificates.exceptions import KeysNotHere, NothingToRetry
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.payload import PayloadError
from certificates.hcert.uvci import new_uvci
from certificates.models import (
    IN_BULK,
    PROMISED,
    Certificate,
    CertificateStatus,
    IssuanceJob,
    JobCause,
    JobState,
    SigningKey,
)
from certificates.services import keys, payload
from certificates.services.clock import database_now
from certificates.services.groups import group_of_province
from certificates.services.payload import CertifiedDose, PrimaryDose
from registration.models import DoseKind
from registration.services.push import tell_of_news
from sites.models import Dose, DoseStatus
from vaxplatform.database import is_temporary

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
LEASE_SECONDS = 45
# After the first, second … failed attempt: the last comes within the hour.
BACKOFF_SECONDS = (15, 60, 300, 900)
PAUSES_SECONDS = (0, 0.02, 0.1)

Token = datetime.datetime  # the `next_at` that a claim set


@dataclass(frozen=True)
class Claim:
    """Jobs taken by this worker: dose id → token."""

    tokens: Mapping[int, Token]
    attempt: int

    def without(self, dose_ids: Collection[int]) -> "Claim":
        left = {dose: token for dose, token in self.tokens.items() if dose not in dose_ids}
        return Claim(left, self.attempt)


# Three queues, one after the other, each with a partial index of its own (models.job): what is
# promised to somebody who waits; what was tried before, one at a time, so that the dose that kills
# its worker takes none with it; and what comes by the million, renewals and the certificates of a
# lost key, whose old ones are at hand.
# A common table is read once, so that the limit holds whatever the planner makes of the rest.
_CLAIM = """
    WITH head AS MATERIALIZED (
        SELECT dose_id FROM certificates_issuancejob
         WHERE state = 'pending' AND {queue}
           AND next_at <= statement_timestamp() AND due_at <= statement_timestamp()
         ORDER BY {first} LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE certificates_issuancejob job
       SET attempts = attempts + 1,
           next_at = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM head WHERE job.dose_id = head.dose_id
    RETURNING job.dose_id, job.next_at, job.attempts
"""
_CLAIM_PROMISED = _CLAIM.format(
    queue=f"attempts = 0 AND cause IN {tuple(map(str, PROMISED))}", first="due_at"
)
_CLAIM_TRIED = _CLAIM.format(queue=f"attempts > 0 AND attempts < {MAX_ATTEMPTS}", first="next_at")
_CLAIM_IN_BULK = _CLAIM.format(
    queue=f"attempts = 0 AND cause IN {tuple(map(str, IN_BULK))}", first="deadline_at"
)


def issue_due(limit: int = 500) -> int:
    """Issue up to `limit` certificates that are due; returns how many came out.

    0 with nothing left to claim means that nothing is due. Raises KeysNotHere before anything is
    claimed, and the database's errors; what was claimed then comes round after its lease.
    """
    return _issue_claimed(limit)[1]


def drain_due(
    *,
    limit: int = 500,
    until: datetime.datetime | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Issue until nothing is due, the database's clock says `until`, or `stop()` says so.

    Returns how many came out. Raises as `issue_due`.
    """
    issued = 0
    give_up_on_exhausted()
    while not stop() and (until is None or database_now() < until):
        claimed, done = _issue_claimed(limit)
        issued += done
        if not claimed:
            break
    return issued


def give_up_on_exhausted() -> int:
    """Hand to people the jobs whose last attempt ended without a word; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE certificates_issuancejob SET state = 'needs_review', last_error = %s"
            " WHERE state = 'pending' AND attempts > 0 AND attempts >= %s"
            " AND next_at <= statement_timestamp()",
            ["worker_lost", MAX_ATTEMPTS],
        )
        return int(cursor.rowcount)


@transaction.atomic
def try_again(*, job: IssuanceJob) -> None:
    """Put a job back into the queue after a person has looked at it.

    A late certificate stays late: neither its deadline nor its cause moves. One that follows a
    revocation is a new promise, made because somebody asked. Raises NothingToRetry unless the
    job needs review, or was cancelled while its dose stands.
    """
    now = database_now()
    stands = Dose.objects.filter(pk=OuterRef("pk"), status=DoseStatus.RECORDED)
    jobs = IssuanceJob.objects.filter(Exists(stands), pk=job.pk)
    again = {
        "state": JobState.PENDING,
        "attempts": 0,
        "last_error": "",
        "next_at": Greatest("due_at", now),
    }
    if jobs.filter(state=JobState.NEEDS_REVIEW).update(**again):
        return
    due_at = Greatest("due_at", now)
    deadline_at = Greatest("deadline_at", now + window())
    if not jobs.filter(state=JobState.CANCELLED).update(
        **again, cause=JobCause.ASKED, due_at=due_at, deadline_at=deadline_at
    ):
        raise NothingToRetry


def _issue_claimed(limit: int) -> tuple[int, int]:
    """Claim and work once; returns how many were claimed and how many came out."""
    keys.ensure_signers(now=database_now())
    claim = _claim(limit)
    if not claim.tokens:
        return 0, 0
    try:
        return len(claim.tokens), _issue_batch(claim)
    except Exception as error:
        if is_temporary(error) or isinstance(error, KeysNotHere):
            raise
        return len(claim.tokens), _one_by_one(claim)


def _claim(limit: int) -> Claim:
    queues = ((_CLAIM_PROMISED, limit), (_CLAIM_TRIED, 1), (_CLAIM_IN_BULK, limit))
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, most in queues:
            cursor.execute(statement, {"lease": LEASE_SECONDS, "limit": most})
            if rows := cursor.fetchall():
                return Claim({dose: token for dose, token, _a in rows}, rows[0][2])
    return Claim({}, 0)


def _issue_batch(claim: Claim) -> int:
    """Issue a claim. Another worker's claim may have looked at a job, left it, and hold its row
    until it commits: what was not free is looked at again."""
    issued = 0
    for pause in PAUSES_SECONDS:
        time.sleep(pause)
        batch = _Batch(claim)
        issued += batch.issue()
        claim = claim.without(batch.held)
        if not claim.tokens:
            break
    return issued


def _one_by_one(claim: Claim) -> int:
    """The same work a dose at a time, so that one that cannot be issued stops no other."""
    issued = 0
    for dose_id, token in claim.tokens.items():
        single = Claim({dose_id: token}, claim.attempt)
        try:
            issued += _issue_batch(single)
        except Exception as error:
            if is_temporary(error) or isinstance(error, KeysNotHere):
                raise
            _note_failure(single, error)
    return issued


def _note_failure(claim: Claim, error: Exception) -> None:
    """Say why and when to try again; after the last attempt, leave it to a person.

    The type of the error stands on record, never its text: that may hold a person's data.
    """
    ((dose_id, token),) = claim.tokens.items()
    reason = str(error) if isinstance(error, PayloadError) else type(error).__name__
    job = IssuanceJob.objects.filter(pk=dose_id, state=JobState.PENDING, next_at=token)
    if claim.attempt >= MAX_ATTEMPTS:
        job.update(state=JobState.NEEDS_REVIEW, last_error=reason[:300])
    else:
        wait = datetime.timedelta(seconds=BACKOFF_SECONDS[claim.attempt - 1])
        job.update(next_at=database_now() + wait, last_error=reason[:300])
    log.warning(
        "certificate_not_issued", dose=dose_id, attempt=claim.attempt, error=type(error).__name__
    )


class _Batch:
    """The work on one claim. `held`: dose id → why its certificate is owed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.held: dict[int, str] = {}

    @transaction.atomic
    def issue(self) -> int:
        """Write a live certificate for each dose of the claim that still is ours to issue."""
        self.held = self._hold_jobs()
        doses = _read_doses(list(self.held))
        primary = _read_primary_doses(doses)
        if len(doses) < len(self.held):
            self._cancel_voided()
        signers = _Signers(doses)
        rows = [signers.sign(dose, primary[dose.citizen_id]) for dose in doses]
        self._supersede(signers.issued_at)
        _write(rows, signers.issued_at)
        self._tell(doses, at=signers.issued_at)
        live = Certificate.objects.filter(dose=OuterRef("pk"), status=CertificateStatus.LIVE)
        return IssuanceJob.objects.filter(Exists(live), pk__in=self.held).update(
            state=JobState.ISSUED, last_error=""
        )

    def _tell(self, doses: Sequence[CertifiedDose], *, at: datetime.datetime) -> None:
        """Browsers are told after the commit; a renewal in the background is no news."""
        news = {dose.citizen_id for dose in doses if self.held[dose.dose_id] in PROMISED}
        if news:
            transaction.on_commit(partial(tell_of_news, citizens=news, now=at), robust=True)

    def _hold_jobs(self) -> dict[int, str]:
        """Lock the jobs that are still ours and pending. One that a correction or a voiding
        holds right now is left to its next round: the lease ends, or the correction resets it."""
        jobs = IssuanceJob.objects.filter(
            pk__in=self.claim.tokens, state=JobState.PENDING
        ).select_for_update(skip_locked=True, no_key=True)
        tokens = self.claim.tokens
        return {
            dose_id: cause
            for dose_id, next_at, cause in jobs.order_by("pk").values_list("pk", "next_at", "cause")
            if tokens[dose_id] == next_at
        }

    def _cancel_voided(self) -> None:
        IssuanceJob.objects.filter(pk__in=self.held, dose__status=DoseStatus.VOIDED).update(
            state=JobState.CANCELLED, last_error="dose_voided"
        )

    def _supersede(self, at: datetime.datetime) -> None:
        """End the certificates that are replaced now, each for the cause of its job."""
        by_cause: defaultdict[str, list[int]] = defaultdict(list)
        for dose_id, cause in self.held.items():
            by_cause[cause].append(dose_id)
        by_cause.pop(JobCause.FIRST, None)  # there is nothing to replace
        for cause, dose_ids in by_cause.items():
            replaced = Certificate.objects.filter(dose__in=dose_ids)
            # A correction also ends the renewed ones before it, which are believed until then.
            is_correction = cause == JobCause.CORRECTED
            replaced = (
                replaced.believed()
                if is_correction
                else replaced.filter(status=CertificateStatus.LIVE)
            )
            replaced.update(status=CertificateStatus.SUPERSEDED, ended_at=at, end_reason=cause)


class _Signers:
    """Signs doses, each with the key of its group, all at one moment, `issued_at`.

    The keys are held until the transaction ends. Raises KeysNotHere.
    """

    def __init__(self, doses: Sequence[CertifiedDose]) -> None:
        groups = {group_of_province(dose.province) for dose in doses}
        held = keys.hold_signers(now=database_now())
        if not groups <= held.keys():  # a key changed while we waited for it: see its successor
            held |= keys.hold_signers(now=database_now())
        if missing := groups - held.keys():
            raise KeysNotHere(f"The new keys of these groups are not here: {sorted(missing)}.")
        self.issued_at = database_now()
        self._of_groups = {
            group: (key.pk, CertificateBatchSigner(signer), self._expiry(key))
            for group, (key, signer) in held.items()
        }

    def _expiry(self, key: SigningKey) -> datetime.datetime:
        return payload.expires_at(issued_at=self.issued_at, key_ends_at=key.not_after)

    def sign(self, dose: CertifiedDose, primary: Sequence[PrimaryDose]) -> "_Row":
        """Raises PayloadError or ValueError."""
        key_id, signer, expires_at = self._of_groups[group_of_province(dose.province)]
        uvci = new_uvci()
        content = payload.health_content(dose=dose, primary=primary, uvci=uvci)
        hcert = signer.sign(content, issued_at=self.issued_at, expires_at=expires_at)
        return dose.dose_id, uvci, hcert, key_id, expires_at


_Row = tuple[int, str, str, int, datetime.datetime]

# The index one_live_certificate_per_dose decides, not the worker.
_INSERT = """
    INSERT INTO certificates_certificate (public_id, dose_id, uvci, hcert, key_id, issued_at,
           expires_at, status, end_reason)
    SELECT gen_random_uuid(), c.dose_id, c.uvci, c.hcert, c.key_id, %s, c.expires_at, 'live', ''
      FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
           c(dose_id, uvci, hcert, key_id, expires_at)
    ON CONFLICT DO NOTHING
"""


def _write(rows: Sequence[_Row], issued_at: datetime.datetime) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [issued_at, *map(list, zip(*rows, strict=True))])


def _read_doses(dose_ids: Sequence[int]) -> list[CertifiedDose]:
    """The doses as they stand now, without those voided meanwhile."""
    rows = Dose.objects.filter(pk__in=dose_ids, status=DoseStatus.RECORDED).values_list(
        "pk",
        "citizen_id",
        "citizen__full_name",
        "citizen__date_of_birth",
        "dose_number",
        "dose_kind",
        "administered_at",
        "vaccine__code",
        "vaccine__holder_code",
        "vaccine__prophylaxis_code",
        "vaccine__primary_doses",
        "site__province__code",
    )
    return [CertifiedDose(*row) for row in rows]


def _read_primary_doses(doses: Sequence[CertifiedDose]) -> defaultdict[int, list[PrimaryDose]]:
    """Citizen id → primary doses on record, for the people whose dose is not a primary one."""
    found: defaultdict[int, list[PrimaryDose]] = defaultdict(list)
    people = {dose.citizen_id for dose in doses if dose.kind != DoseKind.PRIMARY}
    if people:
        rows: Any = Dose.objects.filter(
            citizen__in=people, status=DoseStatus.RECORDED, dose_kind=DoseKind.PRIMARY
        ).values_list("citizen_id", "dose_number", "vaccine__primary_doses")
        for citizen_id, number, series_doses in rows:
            found[citizen_id].append(PrimaryDose(number, series_doses))
    return found


def certified_content(dose_ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
    """Dose id → what a certificate issued now would say (its identifier aside), for comparing
    what is on record with what was signed; None where nothing could be certified."""
    doses = _read_doses(dose_ids)
    primary = _read_primary_doses(doses)
    return {dose.dose_id: _content_or_none(dose, primary[dose.citizen_id]) for dose in doses}


def _content_or_none(dose: CertifiedDose, primary: Sequence[PrimaryDose]) -> dict[str, Any] | None:
    try:
        return payload.health_content(dose=dose, primary=primary, uvci=new_uvci())
    except ValueError:
        return None


def window() -> datetime.timedelta:
    """The room for work that is promised after the earliest moment."""
    return datetime.timedelta(
        seconds=settings.CERTIFICATE_DEADLINE_SECONDS - settings.CERTIFICATE_DELAY_SECONDS
    )
