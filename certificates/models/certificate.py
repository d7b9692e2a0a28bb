"""Certificates as issued: signed once, kept for ever, revoked or superseded but never changed."""

import uuid
from typing import Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from certificates.models.job import JobCause
from certificates.models.key import SigningKey
from sites.models import Dose
from vaxplatform.rows import row_name


class CertificateStatus(models.TextChoices):
    LIVE = "live", _("Valid")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Replaced")


# What a renewed certificate said is still so: it is believed until its own end, for it stands on
# paper and in phones that nobody renews.
RENEWED = Q(status=CertificateStatus.SUPERSEDED, end_reason=JobCause.RENEWED)
BELIEVED = Q(status=CertificateStatus.LIVE) | RENEWED


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def believed(self) -> Self:
        """Those that nobody called back: the live ones, and the renewed ones before them."""
        return self.filter(BELIEVED)

    def called_back(self) -> Self:
        """Those that a verifier must refuse before their end."""
        return self.exclude(BELIEVED)


@pghistory.track(exclude=["hcert", "revocation_batch"], level=pghistory.Statement)
class Certificate(models.Model):
    """One signed HCERT of one dose. `hcert` is the QR's text (`HC1:…`), signed once."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    dose = models.ForeignKey(
        Dose, verbose_name=_("dose"), on_delete=models.PROTECT, related_name="certificates"
    )
    uvci = models.CharField(_("certificate ID"), max_length=80, unique=True)
    hcert = models.TextField(_("text of the QR code"))
    key = models.ForeignKey(
        SigningKey,
        verbose_name=_("signing key"),
        on_delete=models.PROTECT,
        related_name="certificates",
        db_index=False,  # nobody asks for the ended certificates of a key
    )
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"))
    status = models.CharField(
        _("status"), max_length=10, choices=CertificateStatus, default=CertificateStatus.LIVE
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=200, blank=True)

    revocation_batch = models.ForeignKey(
        "certificates.RevocationBatch",
        verbose_name=_("revocation batch"),
        on_delete=models.SET_NULL,
        related_name="certificates",
        null=True,
        blank=True,
        editable=False,
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(
                name="one_live_certificate_per_dose",
                fields=["dose"],
                condition=Q(status=CertificateStatus.LIVE),
            ),
            models.CheckConstraint(
                name="an_ended_certificate_says_when_and_why",
                condition=Q(status=CertificateStatus.LIVE, ended_at__isnull=True)
                | Q(~Q(status=CertificateStatus.LIVE), ~Q(end_reason=""), ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_certificate_expires_after_it_is_issued",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["uvci"],
                name="certificate_not_live_by_uvci",
                condition=~Q(status=CertificateStatus.LIVE),
            ),
            models.Index(
                fields=["key", "id"],
                name="certificate_to_be_batched",
                condition=~BELIEVED & Q(revocation_batch__isnull=True),
            ),
            models.Index(
                fields=["expires_at"],
                name="certificate_live_by_expires_at",
                condition=Q(status=CertificateStatus.LIVE),
            ),
            models.Index(
                fields=["key", "expires_at", "id"],
                name="certificate_live_by_key",
                condition=Q(status=CertificateStatus.LIVE),
            ),
            models.Index(
                fields=["key", "expires_at"], name="certificate_renewed_by_key", condition=RENEWED
            ),
            models.Index(fields=["issued_at"], name="certificate_by_issued_at"),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)


class CopyFormat(models.TextChoices):
    SMART_HEALTH_CARD = "shc", _("SMART Health Card")
    DDCC = "ddcc", _("WHO DDCC:VS")


class CertificateCopy(models.Model):
    """The same dose in another signed format. A page asks for it; a worker, which alone can sign,
    fills in `text`.

    `covers`: the certificates whose doses it names, its own among them. `last_error`: why it could
    not be made; a person asks for it again. `revoked_before`: copies of this certificate that were
    signed up to then are void.
    """

    certificate = models.ForeignKey(
        Certificate,
        verbose_name=_("certificate"),
        on_delete=models.CASCADE,
        related_name="copies",
    )
    covers = models.ManyToManyField(
        Certificate, verbose_name=_("certificates that it covers"), related_name="covered_by"
    )
    format = models.CharField(_("format"), max_length=8, choices=CopyFormat)
    text = models.TextField(_("text of the QR code"), blank=True)
    asked_at = models.DateTimeField(_("asked at"), db_default=Now())
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
    )
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    key = models.ForeignKey(
        SigningKey,
        verbose_name=_("signing key"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
    )
    last_error = models.CharField(_("last error"), max_length=40, blank=True, db_default="")
    revoked_before = models.DateTimeField(_("revoked before"), null=True, blank=True)

    class Meta:
        verbose_name = _("copy in another format")
        verbose_name_plural = _("copies in other formats")
        constraints = [
            models.UniqueConstraint(
                name="one_copy_per_certificate_and_format", fields=["certificate", "format"]
            ),
            models.CheckConstraint(
                name="a_signed_copy_has_its_text",
                condition=Q(text="", signed_at__isnull=True, key__isnull=True)
                | Q(~Q(text=""), last_error="", signed_at__isnull=False, key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="copy_to_be_signed",
                condition=Q(signed_at__isnull=True, last_error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} of certificate {self.certificate_id}"
