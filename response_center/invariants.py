"""What must hold between certificates and cases (RELIABILITY, promise 2)."""

import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from certificates.models import Certificate, IssuanceJob, JobState
from response_center.models import LIVE_CASE, Case, CaseKind, CaseStatus
from sites.models import Dose, DoseStatus
from vaxplatform.invariants import register_invariant

SHOWN = 1000
# The round that opens the cases comes each minute.
CASE_IS_OPENED_WITHIN = datetime.timedelta(minutes=3)


def stuck_certificates_without_case() -> list[str]:
    """Doses whose certificate needs a person and of which the desk does not know.

    `next_at` of such a job is the lease of its last attempt, or earlier.
    """
    live = Case.objects.filter(
        dose=OuterRef("dose"), kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE
    )
    jobs = IssuanceJob.objects.filter(
        ~Exists(live),
        state=JobState.NEEDS_REVIEW,
        next_at__lt=timezone.now() - CASE_IS_OPENED_WITHIN,
    )
    return [str(public_id) for public_id in jobs.values_list("dose__public_id", flat=True)[:SHOWN]]


def resolved_without_certificate() -> list[str]:
    """Cases of a missing dose that a confirmed dose resolved, without a certificate of that dose.

    A dose that was voided, or a certificate revoked, after the case closed is another story.
    """
    issued = Certificate.objects.filter(dose=OuterRef("dose"))
    cases = Case.objects.filter(
        ~Exists(issued),
        kind=CaseKind.NO_CERTIFICATE,
        status=CaseStatus.RESOLVED,
        dose__isnull=False,
    )
    return list(cases.values_list("number", flat=True)[:SHOWN])


def doses_on_joined_records() -> list[str]:
    """Recorded doses of a record that was joined with another, and so leads away from them."""
    doses = Dose.objects.filter(status=DoseStatus.RECORDED, citizen__merged_into__isnull=False)
    return [str(public_id) for public_id in doses.values_list("public_id", flat=True)[:SHOWN]]


def register_all() -> None:
    register_invariant("no_recorded_dose_is_on_a_joined_record", doses_on_joined_records)
    register_invariant("no_stuck_certificate_is_without_a_case", stuck_certificates_without_case)
    register_invariant(
        "resolved_missing_dose_cases_have_their_dose_and_certificate", resolved_without_certificate
    )
