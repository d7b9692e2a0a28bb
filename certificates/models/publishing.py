"""What verifiers download, written by workers, which alone can sign it; the web only serves it."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from certificates.models.key import SigningKey


class PublishedFile(models.Model):
    """A signed file in its newest version. `version` grows by one with each change."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    version = models.PositiveBigIntegerField(_("version"))
    content = models.BinaryField(_("content"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    made_from = models.CharField(
        _("made from"),
        max_length=64,
        db_default="",
        help_text=_("What it holds and who signed it, as a hash; a new one makes a new version."),
    )
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("published file")
        verbose_name_plural = _("published files")

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class RevocationBatch(models.Model):
    """Hashes of ended certificates of one key, as the EU gateway exchanges them; never changed.

    It is deleted for readers (`deleted_at`) when the last of its certificates has expired.
    """

    public_id = models.UUIDField(_("number"), default=uuid.uuid4, unique=True, editable=False)
    key = models.ForeignKey(
        SigningKey, verbose_name=_("signing key"), on_delete=models.PROTECT, related_name="+"
    )
    hash_type = models.CharField(_("type of hash"), max_length=16, default="UCI")
    entries = models.JSONField(_("hashes"), help_text=_("Base64, sorted, at most 1,000."))
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    expires_at = models.DateTimeField(_("expires at"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("revocation batch")
        verbose_name_plural = _("revocation batches")
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="batch_in_force_by_expires_at",
                condition=Q(deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
