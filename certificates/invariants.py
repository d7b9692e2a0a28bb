"""What must hold between doses, jobs and certificates (RELIABILITY, promise 2)."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from certificates.hcert import verify as reader
from certificates.hcert.verify import verify
from certificates.models import Certificate, CertificateStatus, JobState
from certificates.services import keys
from certificates.services.issuance import certified_content
from vaxplatform.invariants import register_invariant

SHOWN = 1000
# Up to here every certificate is read and compared; of more, as many are taken evenly.
READ_AT_MOST = 20_000
CHUNK = 1000

_DOSES_OWED_NOTHING = """
    SELECT d.public_id FROM vaccination_sites_dose d
     WHERE d.status = 'recorded'
       AND NOT EXISTS (SELECT FROM certificates_issuancejob j WHERE j.dose_id = d.id)
       AND NOT EXISTS (SELECT FROM certificates_certificate c
                        WHERE c.dose_id = d.id AND c.status = 'live')
"""
_TWO_LIVE = """
    SELECT d.public_id FROM certificates_certificate c JOIN vaccination_sites_dose d
        ON d.id = c.dose_id
     WHERE c.status = 'live' GROUP BY d.public_id HAVING count(*) > 1
"""
_VOIDED_BUT_LIVE = """
    SELECT c.uvci FROM certificates_certificate c JOIN vaccination_sites_dose d ON d.id = c.dose_id
     WHERE c.status = 'live' AND d.status = 'voided'
"""
_ISSUED_WITHOUT = """
    SELECT d.public_id FROM certificates_issuancejob j
      JOIN vaccination_sites_dose d ON d.id = j.dose_id
     WHERE j.state = 'issued' AND NOT EXISTS (
        SELECT FROM certificates_certificate c WHERE c.dose_id = d.id AND c.status = 'live')
"""
_FORGOTTEN = """
    SELECT d.public_id FROM certificates_issuancejob j
      JOIN vaccination_sites_dose d ON d.id = j.dose_id
     WHERE j.state = 'pending' AND j.deadline_at < now() - interval '24 hours'
"""
_EARLY = """
    SELECT c.uvci FROM certificates_certificate c
      JOIN certificates_issuancejob j ON j.dose_id = c.dose_id
     WHERE c.status = 'live' AND j.state = 'issued' AND c.issued_at < j.due_at
"""
# One moment after a key was called back its certificates are queued; see services.compromise.
_OF_A_LOST_KEY = """
    SELECT c.uvci FROM certificates_signingkey k
      JOIN certificates_certificate c ON c.key_id = k.id AND c.status = 'live'
      JOIN certificates_issuancejob j ON j.dose_id = c.dose_id
     WHERE k.status = 'compromised' AND j.state = 'issued'
"""
_NOT_RENEWED = """
    SELECT c.uvci FROM certificates_certificate c
      JOIN certificates_issuancejob j ON j.dose_id = c.dose_id
     WHERE c.status = 'live' AND c.expires_at < now() AND j.state = 'issued'
"""
_OUTLIVES_ITS_KEY = """
    SELECT c.uvci FROM certificates_signingkey k
      JOIN certificates_certificate c ON c.key_id = k.id
     WHERE c.status = 'live' AND c.expires_at > k.not_after
"""


def _rows(sql: str) -> Callable[[], list[str]]:
    """The question that an SQL text asks: its first column names what breaks the rule."""

    def violations() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT {SHOWN}")
            return [str(row[0]) for row in cursor.fetchall()]

    return violations


def untrue_certificates() -> list[str]:
    """Live certificates that do not verify, or say something else than their doses.

    One that waits to be replaced after a correction is passed over.
    """
    live = Certificate.objects.filter(
        status=CertificateStatus.LIVE, dose__issuance__state=JobState.ISSUED
    ).order_by("pk")
    step = live.count() // READ_AT_MOST + 1
    ids = list(live.values_list("pk", flat=True))[::step]
    trust_list, found = keys.all_keys(), []
    for start in range(0, len(ids), CHUNK):
        part = list(live.filter(pk__in=ids[start : start + CHUNK]))
        expected = certified_content([certificate.dose_id for certificate in part])
        for certificate in part:
            result = verify(certificate.hcert, trust_list, certificate.issued_at)
            if not result.is_valid:
                found.append(f"{certificate.uvci}: {result.reason.value}")
            elif _signed(certificate) != _without_identifier(expected.get(certificate.dose_id)):
                found.append(f"{certificate.uvci}: says something else than its dose")
    return found


def _signed(certificate: Certificate) -> Any:
    """What a certificate says, its identifier aside; None when that is not the one on record."""
    content = reader.read_claims(reader.read_message(certificate.hcert).payload).content
    return _without_identifier(content) if content["v"][0]["ci"] == certificate.uvci else None


def _without_identifier(content: Any) -> Any:
    if content is None:
        return {}
    return {**content, "v": [{**content["v"][0], "ci": ""}]}


def register_all() -> None:
    for name, sql in (
        ("every_recorded_dose_has_a_job_or_a_live_certificate", _DOSES_OWED_NOTHING),
        ("no_dose_has_two_live_certificates", _TWO_LIVE),
        ("no_voided_dose_has_a_live_certificate", _VOIDED_BUT_LIVE),
        ("issued_jobs_have_a_live_certificate", _ISSUED_WITHOUT),
        ("no_certificate_waits_a_day_past_its_deadline", _FORGOTTEN),
        ("no_certificate_was_issued_early", _EARLY),
        ("certificates_of_a_lost_key_are_issued_again", _OF_A_LOST_KEY),
        ("certificates_are_renewed_before_they_end", _NOT_RENEWED),
        ("no_certificate_outlives_its_key", _OUTLIVES_ITS_KEY),
    ):
        register_invariant(name, _rows(sql))
    register_invariant("certificates_say_what_their_doses_say", untrue_certificates)
