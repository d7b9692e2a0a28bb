"""Photos beside a case: drawn anew, sealed, at most five, and forgotten when their time is over."""

import datetime
import hashlib

from django.db import transaction

from registration.models import Account
from response_center import exceptions
from response_center.models import (
    CLOSED_CASE,
    LIVE_CASE,
    Case,
    CaseEvidence,
    CaseStatus,
    CaseVerb,
    EvidenceKind,
)
from response_center.services.moves import log_event
from vaxplatform.crypto import seal_bytes, unseal_bytes
from vaxplatform.photos import clean_photo

PHOTOS_A_CASE = 5
FORGET_AFTER = datetime.timedelta(days=90)  # after the case closed: an objection has 30 days
FORGET_AT_ONCE = 500


@transaction.atomic
def add_evidence(
    *,
    case: Case,
    kind: str,
    content: bytes,
    now: datetime.datetime,
    by: Account | None = None,
) -> CaseEvidence:
    """Put a photo beside a live case; the same photo twice is one. `by` is empty for the citizen.

    `content`: a JPEG, PNG or WebP file. Raises CaseClosed, TooManyPhotos, or what `clean_photo`
    refuses.
    """
    photo = clean_photo(content)
    digest = hashlib.sha256(photo).digest()
    held = Case.objects.select_for_update(no_key=True, of=("self",))
    fresh: Case = held.get(pk=case.pk)
    if fresh.status in CLOSED_CASE:
        raise exceptions.CaseClosed
    beside = CaseEvidence.objects.filter(case=case)
    known = beside.filter(digest=digest).first()
    if known is not None:
        return known
    if beside.count() >= PHOTOS_A_CASE:
        raise exceptions.TooManyPhotos(limit=PHOTOS_A_CASE)
    evidence = CaseEvidence.objects.create(
        case=case,
        kind=EvidenceKind(kind),
        photo=seal_bytes(photo),
        digest=digest,
        sent_at=now,
        sent_by=by,
    )
    log_event(case=case, verb=CaseVerb.EVIDENCE_SENT, at=now, by=by)
    return evidence


def photo_of(evidence: CaseEvidence) -> bytes | None:
    """The JPEG; None once it was forgotten."""
    return unseal_bytes(bytes(evidence.photo)) if evidence.photo else None


@transaction.atomic
def forget_photos(now: datetime.datetime) -> int:
    """Delete the photos of cases that closed 90 days ago; that there was one stays on record.

    A report that was joined with another keeps its photos as long as that one is alive.
    """
    old = CaseEvidence.objects.filter(
        forgotten_at=None,
        case__status__in=CLOSED_CASE,
        case__closed_at__lte=now - FORGET_AFTER,
    ).exclude(case__status=CaseStatus.MERGED, case__merged_into__status__in=LIVE_CASE)
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:FORGET_AT_ONCE])
    return CaseEvidence.objects.filter(pk__in=keys, forgotten_at=None).update(
        photo=None, forgotten_at=now
    )
