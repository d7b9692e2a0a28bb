"""Certificates as issued: signed once, kept for ever, revoked or superseded but never changed."""

import uuid

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certificates.models.key import SigningKey
from sites.models import Dose


class CertificateStatus(models.TextChoices):
    LIVE = "live", _("Valid")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Replaced")


@pghistory.track(exclude=["hcert"])
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
    )
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"))
    status = models.CharField(
        _("status"), max_length=10, choices=CertificateStatus, default=CertificateStatus.LIVE
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=200, blank=True)

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
            models.Index(fields=["issued_at"], name="certificate_by_issued_at"),
        ]

    def __str__(self) -> str:
        return f"certificate {self.public_id}"
