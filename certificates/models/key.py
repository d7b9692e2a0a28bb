"""The public half of the signing keys. Private keys are files that only workers read."""

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class KeyStatus(models.TextChoices):
    ACTIVE = "active", _("Signing")
    RETIRED = "retired", _("Retired: its certificates stay valid")
    COMPROMISED = "compromised", _("Compromised: its certificates are void")


@pghistory.track(
    fields=["kid", "group", "status", "sign_until"],
    model_name="SigningKeyEvent",
    level=pghistory.Statement,
)
class SigningKey(models.Model):
    """A document signer certificate (DSC) under our country authority (CSCA)."""

    kid = models.CharField(
        _("key identifier"), max_length=16, unique=True, help_text=_("8 bytes, hex")
    )
    group = models.CharField(
        _("group"),
        max_length=40,
        blank=True,
        default="",
        help_text=_("Whose doses it signs; without one it signs whatever has no key of its own."),
    )
    certificate_pem = models.TextField(_("certificate (PEM)"))
    csca_pem = models.TextField(_("country authority (PEM)"))
    csca_signature = models.TextField(
        _("country authority's signature"),
        blank=True,
        help_text=_("The country authority's word for this key, for trust lists."),
    )
    status = models.CharField(
        _("status"), max_length=11, choices=KeyStatus, default=KeyStatus.ACTIVE
    )
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid to"))
    sign_until = models.DateTimeField(
        _("signs until"), help_text=_("Certificates of 12 months must end before the DSC does.")
    )

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = [
            models.CheckConstraint(
                name="a_key_stops_signing_before_it_ends",
                condition=Q(sign_until__lt=F("not_after"), sign_until__gt=F("not_before")),
            ),
            models.UniqueConstraint(
                name="one_key_signs_for_each_group",
                fields=["group"],
                condition=Q(status=KeyStatus.ACTIVE),
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class ForeignSigner(models.Model):
    """A document signer of another country, believed because its trust list was imported."""

    kid = models.CharField(
        _("key identifier"), max_length=16, db_index=True, help_text=_("8 bytes, hex")
    )
    country = models.CharField(_("country"), max_length=2)
    thumbprint = models.CharField(_("thumbprint"), max_length=64, unique=True)
    certificate = models.BinaryField(_("certificate (DER)"))
    imported_at = models.DateTimeField(_("imported at"), db_default=Now())

    class Meta:
        verbose_name = _("foreign signer")
        verbose_name_plural = _("foreign signers")

    def __str__(self) -> str:
        return f"{self.country} {self.kid}"
