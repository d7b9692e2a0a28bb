"""What verifiers ask for, read from the rows that workers wrote (services.publishing)."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models.functions import Coalesce

from certificates.hcert.uvci import COUNTRY
from certificates.models import PublishedFile, RevocationBatch

PAGE: Final = 1_000  # batches in one answer


@dataclass(frozen=True)
class Batches:
    """Some batches, oldest change first. `more` says that there are later ones: ask again from
    the date of the last."""

    rows: tuple[Mapping[str, Any], ...]
    more: bool

    def as_dict(self) -> dict[str, Any]:
        return {"more": self.more, "batches": list(self.rows)}


def heading(name: str) -> tuple[str, datetime] | None:
    """SHA-256 and time of a published file, without its content; None before the first."""
    rows = PublishedFile.objects.filter(name=name)
    return rows.values_list("sha256", "published_at").first()


def file_content(name: str) -> bytes | None:
    content = PublishedFile.objects.filter(name=name).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def batches_in_force() -> Batches:
    """The batches that count now."""
    return _listed(RevocationBatch.objects.filter(deleted_at__isnull=True))


def batches_changed(*, since: datetime) -> Batches:
    """The batches written or deleted at `since` or later."""
    return _listed(RevocationBatch.objects.all(), since=since)


def _listed(batches: Any, since: datetime | None = None) -> Batches:
    dated = batches.annotate(changed_at=Coalesce("deleted_at", "created_at"))
    if since is not None:
        dated = dated.filter(changed_at__gte=since)
    rows = dated.order_by("changed_at", "pk").values_list("public_id", "changed_at", "deleted_at")
    found = list(rows[: PAGE + 1])
    listed = tuple(
        {
            "batchId": str(number),
            "country": COUNTRY,
            "date": written(changed_at),
            "deleted": deleted_at is not None,
        }
        for number, changed_at, deleted_at in found[:PAGE]
    )
    return Batches(rows=listed, more=len(found) > PAGE)


def batch_of(public_id: uuid.UUID) -> RevocationBatch | None:
    """A batch with its key, also one that is deleted for readers."""
    return RevocationBatch.objects.select_related("key").filter(public_id=public_id).first()


def batch_as_dict(batch: RevocationBatch) -> dict[str, Any]:
    """A batch as the EU gateway writes it."""
    return {
        "country": COUNTRY,
        "expires": written(batch.expires_at),
        "kid": kid_as_listed(batch.key.kid),
        "hashType": batch.hash_type,
        "entries": [{"hash": entry} for entry in batch.entries],
    }


def kid_as_listed(kid: str) -> str:
    """A kid, hexadecimal in our tables, as lists write it: standard base64."""
    return base64.b64encode(bytes.fromhex(kid)).decode("ascii")


def written(moment: datetime) -> str:
    """UTC with a Z: a plus sign would be lost in an address."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
