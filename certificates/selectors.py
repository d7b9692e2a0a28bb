"""Reading doses with their certificates, and the answer to "where is my certificate?"."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from certificates.models import (
    Certificate,
    CertificateStatus,
    IssuanceJob,
    JobCause,
    JobState,
    KeyStatus,
)
from registration.models import Citizen, DoseKind
from sites.models import Dose, DoseStatus, Vaccine
from sites.rules import GivenDose, series_is_complete
from vaxplatform.promise import certificate_due_at, certificate_expected_by
from vaxplatform.vietnam import day_in_vietnam

LIVE = "live_certificates"  # where `with_certificates` puts them


class AnswerKind(StrEnum):
    """Where the certificate of a dose is."""

    READY = "ready"
    WAITING = "waiting"  # less than 30 minutes since the injection
    ISSUING = "issuing"  # inside the promised window
    LATE = "late"  # past it: the platform knows
    REVIEW = "review"  # a person must look at it
    REVOKED = "revoked"  # called back; none follows by itself
    VOIDED = "voided"  # the dose itself was taken back


@dataclass(frozen=True)
class Answer:
    """The answer for one dose. `expected_by` is the promise, also when it was broken.

    `counted_from` is where the wait begins: the injection, or the entry of a late one.
    `is_being_replaced`: the certificate is ready, and a corrected one is on its way.
    `is_called_back`: its signing key is in wrong hands, no verifier accepts it, and another comes.
    """

    kind: AnswerKind
    dose: Dose
    counted_from: datetime.datetime
    earliest_at: datetime.datetime
    expected_by: datetime.datetime
    certificate: Certificate | None = None
    is_being_replaced: bool = False
    is_called_back: bool = False

    @property
    def is_in_progress(self) -> bool:
        return self.kind in (AnswerKind.WAITING, AnswerKind.ISSUING)

    @property
    def is_counted_from_the_injection(self) -> bool:
        return self.counted_from == self.dose.administered_at


def with_certificates(doses: QuerySet[Dose]) -> QuerySet[Dose]:
    """The doses with their job and live certificate, as `certificate_answer` reads them."""
    live = (
        Certificate.objects.filter(status=CertificateStatus.LIVE)
        .select_related("key")
        .defer("key__certificate_pem", "key__csca_pem", "key__csca_signature")
    )
    return doses.select_related("issuance", "vaccine").prefetch_related(
        Prefetch("certificates", queryset=live, to_attr=LIVE)
    )


def doses_of_people(citizens: Iterable[Citizen]) -> QuerySet[Dose]:
    """The recorded doses of these people with their certificates, first first."""
    recorded = Dose.objects.filter(citizen__in=list(citizens), status=DoseStatus.RECORDED)
    return with_certificates(recorded).order_by("citizen", "dose_number")


def certificate_answer(dose: Dose, now: datetime.datetime) -> Answer:
    """Where the certificate of `dose` is at `now`, and by when to expect it."""
    job = _job_of(dose)
    certificate = _live_certificate_of(dose)
    earliest, expected_by = _window(dose, job)
    kind = _kind(dose, job, certificate, earliest, expected_by, now)
    delay = datetime.timedelta(seconds=settings.CERTIFICATE_DELAY_SECONDS)
    is_prompt = earliest == dose.administered_at + delay
    return Answer(
        kind=kind,
        dose=dose,
        counted_from=dose.administered_at if is_prompt else earliest,
        earliest_at=earliest,
        expected_by=expected_by,
        certificate=certificate if kind == AnswerKind.READY else None,
        is_being_replaced=_is_being_corrected(job),
        is_called_back=kind == AnswerKind.READY and _is_called_back(certificate),
    )


def _is_being_corrected(job: IssuanceJob | None) -> bool:
    """A renewal is on its way, too, but nobody has to know."""
    return job is not None and (job.state, job.cause) == (JobState.PENDING, JobCause.CORRECTED)


def _is_called_back(certificate: Certificate | None) -> bool:
    return certificate is not None and certificate.key.status == KeyStatus.COMPROMISED


def _job_of(dose: Dose) -> IssuanceJob | None:
    try:
        return dose.issuance
    except IssuanceJob.DoesNotExist:  # until the watch of this minute has queued it
        return None


def _live_certificate_of(dose: Dose) -> Certificate | None:
    if hasattr(dose, LIVE):
        found: Sequence[Certificate] = getattr(dose, LIVE)
        return found[0] if found else None
    return dose.certificates.filter(status=CertificateStatus.LIVE).first()


def _window(dose: Dose, job: IssuanceJob | None) -> tuple[datetime.datetime, datetime.datetime]:
    if job is not None:
        return job.due_at, job.deadline_at
    delay = settings.CERTIFICATE_DELAY_SECONDS
    times = {"administered_at": dose.administered_at, "recorded_at": dose.recorded_at}
    return certificate_due_at(**times, delay_seconds=delay), certificate_expected_by(
        **times, delay_seconds=delay, deadline_seconds=settings.CERTIFICATE_DEADLINE_SECONDS
    )


def _kind(
    dose: Dose,
    job: IssuanceJob | None,
    certificate: Certificate | None,
    earliest: datetime.datetime,
    expected_by: datetime.datetime,
    now: datetime.datetime,
) -> AnswerKind:
    if dose.status == DoseStatus.VOIDED:
        return AnswerKind.VOIDED
    if certificate is not None:
        return AnswerKind.READY
    if job is not None and job.state == JobState.CANCELLED:
        return AnswerKind.REVOKED
    if job is not None and job.state == JobState.NEEDS_REVIEW:
        return AnswerKind.REVIEW
    if now < earliest:
        return AnswerKind.WAITING
    return AnswerKind.ISSUING if now <= expected_by else AnswerKind.LATE


@dataclass(frozen=True)
class Series:
    """A person's primary series: one state for each of its doses, for the series ring.

    `states`: "certified", "recorded" (no certificate out yet) or "missing". `given` counts the
    doses of the series on record, `boosters` those after it. The colour of the status card
    follows the doses on record: "none", "yellow" or "green".
    """

    states: tuple[str, ...]
    given: int
    boosters: int
    is_complete: bool

    @property
    def color(self) -> str:
        if self.is_complete:
            return "green"
        return "yellow" if self.given or self.boosters else "none"

    @property
    def certified(self) -> int:
        return self.states.count("certified")


DOSES_BEFORE_THE_FIRST = 2  # of most products here; nothing is known of a person without a dose


def series_of(doses: Sequence[Dose], primary_doses: Mapping[int, int]) -> Series:
    """The series of one person from all recorded doses; `primary_doses` as in `sites.rules`.

    Its length is that of the latest primary dose's product. The doses come with certificates.
    """
    primary = [dose for dose in doses if dose.dose_kind == DoseKind.PRIMARY]
    history = [
        GivenDose(d.dose_number, d.dose_kind, d.vaccine_id, day_in_vietnam(d.administered_at))
        for d in doses
    ]
    latest = max(primary, key=lambda dose: dose.dose_number, default=None)
    length = max(primary_doses[latest.vaccine_id], 1) if latest else DOSES_BEFORE_THE_FIRST
    by_number = {dose.dose_number: dose for dose in primary}
    states = tuple(
        "missing"
        if number not in by_number
        else "certified"
        if _live_certificate_of(by_number[number])
        else "recorded"
        for number in range(1, length + 1)
    )
    return Series(
        states=states,
        given=length - states.count("missing"),
        boosters=len(doses) - len(primary),
        is_complete=series_is_complete(history=history, primary_doses=primary_doses),
    )


def primary_doses_by_vaccine() -> dict[int, int]:
    """Vaccine id → doses of its primary series."""
    return dict(Vaccine.objects.values_list("pk", "primary_doses"))
