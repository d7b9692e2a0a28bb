"""What verifiers download: the signed key set, batches of ended certificates, the offline file.

The chore `publish_lists` writes them; it runs in workers, which alone can sign, and the web only
serves the rows. Each step is one short transaction under one advisory lock, made of what the
tables say at that moment: several workers do not meet, and a worker killed midway leaves nothing
half published and nothing forgotten.

A certificate that ended goes into a batch of its key, then with all other batches in force into
the offline file. Those of a compromised key go into none: the key itself leaves the lists, and
with it all that it signed.
"""

import base64
import hashlib
import json
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import connection, transaction
from django.db.models import Count, F, Func, IntegerField, Max, QuerySet

from certificates.hcert import jwks
from certificates.hcert.revocation import uci_hash, write_offline
from certificates.hcert.trust import TrustedKey
from certificates.models import (
    Certificate,
    PublishedFile,
    RevocationBatch,
    SigningKey,
)
from certificates.models.key import KeyStatus
from certificates.services import keys
from certificates.services.clock import database_now
from certificates.services.list_signer import ListSigner, load_list_signer

KEY_SET: Final = "jwks.json"
SIGNED_KEY_SET: Final = "jwks.jws"
OFFLINE: Final = "offline.bin"

BATCH_SIZE: Final = 1_000
FRESH_FOR = timedelta(hours=48)  # of the offline file; remade when half of it is over
MERGED_AFTER = timedelta(days=1)
BUDGET_SECONDS = 12  # for batches, so that the other chores of the loop have their turn

_LOCK = 7_242_002  # of the advisory lock under which lists are made
_CHUNK = 500  # batches that are called expired in one statement, so with one time


def publish_lists(_now: datetime) -> int:
    """The chore: bring every list up to date; returns how many batches and files were written.

    Raises KeysNotHere in a process that may not sign, after the batches, which need no signature.
    """
    written = drop_expired_batches() + batch_ended()
    signer = load_list_signer(now=database_now())
    return written + publish_key_set(signer) + publish_offline_list(signer)


# ------------------------------------------------------------------ batches


def batch_ended(*, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Put ended certificates into batches, key by key, within the budget; returns how many."""
    until, batches = time.monotonic() + budget_seconds, 0
    for key in _revocable_keys():
        while _batch_one(key):
            batches += 1
            if time.monotonic() > until:
                return batches
    return batches


def _batch_one(key: SigningKey) -> bool:
    """Write the key's next batch; False when nothing waits, or another worker is at it."""
    with _alone() as mine:
        if not mine:
            return False
        ended = list(
            Certificate.objects.called_back()
            .filter(key=key, revocation_batch__isnull=True, expires_at__gt=database_now())
            .order_by("pk")
            .values_list("pk", "uvci", "expires_at")[:BATCH_SIZE]
        )
        if not ended:
            return False
        batch = _create_batch(
            key=key,
            entries=(_base64(uci_hash(uvci)) for _pk, uvci, _expires in ended),
            expires_at=max(expires for _pk, _uvci, expires in ended),
        )
        chosen = Certificate.objects.filter(pk__in=[pk for pk, _uvci, _expires in ended])
        chosen.update(revocation_batch=batch)
    return True


def merge_small_batches(_now: datetime) -> int:
    """Chore, some times a day: replace small batches of past days by full ones, so that a year of
    single revocations is not a list of as many batches; returns how many were written."""
    return sum(_merge_one(key) for key in _revocable_keys())


def _merge_one(key: SigningKey) -> int:
    with _alone() as mine:
        if not mine:
            return 0
        small, hashes = [], list[str]()
        old = RevocationBatch.objects.alias(
            size=Func(F("entries"), function="jsonb_array_length", output_field=IntegerField())
        ).filter(
            key=key,
            deleted_at__isnull=True,
            created_at__lt=database_now() - MERGED_AFTER,
            size__lt=BATCH_SIZE,
        )
        for batch in old.order_by("pk").iterator(chunk_size=100):
            if len(hashes) + len(batch.entries) <= BATCH_SIZE:
                small.append(batch)
                hashes += batch.entries
        if len(small) < 2:
            return 0
        merged = _create_batch(
            key=key, entries=hashes, expires_at=max(each.expires_at for each in small)
        )
        Certificate.objects.filter(revocation_batch__in=small).update(revocation_batch=merged)
        gone = RevocationBatch.objects.filter(pk__in=[each.pk for each in small])
        gone.update(deleted_at=database_now())
    return 1


def drop_expired_batches() -> int:
    """Delete for readers the batches of which every certificate has expired; returns how many."""
    dropped = 0
    while True:
        with _alone() as mine:
            if not mine:
                return dropped
            now = database_now()
            expired = RevocationBatch.objects.filter(deleted_at__isnull=True, expires_at__lte=now)
            chunk = list(expired.order_by("expires_at").values_list("pk", flat=True)[:_CHUNK])
            RevocationBatch.objects.filter(pk__in=chunk).update(deleted_at=now)
        dropped += len(chunk)
        if len(chunk) < _CHUNK:
            return dropped


def _create_batch(
    *, key: SigningKey, entries: Iterable[str], expires_at: datetime
) -> RevocationBatch:
    return RevocationBatch.objects.create(
        key=key, entries=sorted(set(entries)), expires_at=expires_at
    )


# ------------------------------------------------------------------ files


def publish_key_set(signer: ListSigner) -> int:
    """Write the key set and its signed form when the keys that may be believed, or who signs,
    changed; returns how many files were written."""
    with _alone() as mine:
        if not mine:
            return 0
        trusted = [_with_authority(key) for key in keys.believed_keys()]
        made_from = _digest(
            signer.signer.kid.hex(),
            *sorted(key.thumbprint + _sha256(authority) for key, authority in trusted),
        )
        if made_from == _made_from(SIGNED_KEY_SET):
            return 0
        version, now = _next_version(KEY_SET, SIGNED_KEY_SET), database_now()
        text = json.dumps(jwks.jwks(trusted, version=version, issued=now), indent=1).encode()
        signed = jwks.sign_compact(text, signer.signer, signer.chain)
        for name, content in ((KEY_SET, text), (SIGNED_KEY_SET, signed)):
            _write(name, content, version=version, made_from=made_from, now=now)
    return 2


def publish_offline_list(signer: ListSigner) -> int:
    """Write the offline file when the batches in force changed, or before it goes stale."""
    with _alone() as mine:
        if not mine:
            return 0
        now = database_now()
        batches = _batches_in_force()
        # Batches are only ever added, with a higher number, or taken out of force: so these two
        # figures change with every change of the set.
        figures = batches.aggregate(last=Max("pk"), count=Count("pk"))
        kids = sorted(key.kid for key in _revocable_keys())
        made_from = _digest(
            signer.signer.kid.hex(), *kids, str(figures["last"]), str(figures["count"])
        )
        young = PublishedFile.objects.filter(name=OFFLINE, published_at__gt=now - FRESH_FOR / 2)
        if young.filter(made_from=made_from).exists():
            return 0
        version = _next_version(OFFLINE)
        content = write_offline(
            _values(batches),
            version=version,
            made_at=now,
            fresh_until=now + FRESH_FOR,
            sign=signer.signer.sign,
        )
        _write(OFFLINE, content, version=version, made_from=made_from, now=now)
    return 1


def _revocable_keys() -> list[SigningKey]:
    """The keys whose ended certificates are listed: all that are neither compromised nor expired,
    those too that left the key set with their last live certificate, because a verifier may still
    hold an older key set."""
    kept = SigningKey.objects.exclude(status=KeyStatus.COMPROMISED)
    return list(kept.filter(not_after__gt=database_now()).order_by("pk"))


def _batches_in_force() -> QuerySet[RevocationBatch]:
    return RevocationBatch.objects.filter(deleted_at__isnull=True, key__in=_revocable_keys())


def _values(batches: QuerySet[RevocationBatch]) -> Iterator[int]:
    """The 48-bit values of the offline file: the first bytes of the hashes in the batches, which
    are the first eight characters of their base64."""
    for entries in batches.values_list("entries", flat=True).iterator(chunk_size=200):
        together = base64.b64decode("".join([entry[:8] for entry in entries]))
        for high, low in struct.iter_unpack(">IH", together):
            yield high << 16 | low


def _with_authority(key: SigningKey) -> tuple[TrustedKey, bytes]:
    own, authority = (
        x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        for pem in (key.certificate_pem, key.csca_pem)
    )
    return TrustedKey.from_der(own), authority


def _made_from(name: str) -> str | None:
    return PublishedFile.objects.filter(name=name).values_list("made_from", flat=True).first()


def _next_version(*names: str) -> int:
    rows = PublishedFile.objects.filter(name__in=names)
    return (rows.aggregate(last=Max("version"))["last"] or 0) + 1


def _write(name: str, content: bytes, *, version: int, made_from: str, now: datetime) -> None:
    values = {
        "version": version,
        "content": content,
        "sha256": _sha256(content),
        "made_from": made_from,
        "published_at": now,
    }
    PublishedFile.objects.bulk_create(
        [PublishedFile(name=name, **values)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=list(values),
    )


@contextmanager
def _alone() -> Iterator[bool]:
    """A transaction that says whether it is the only one making lists; nobody waits for it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            (mine,) = cursor.fetchone()
            # Coding millions of hashes takes longer than a transaction may idle elsewhere.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        yield bool(mine)


def _digest(*parts: str) -> str:
    return _sha256("\n".join(parts).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
