"""What happened to certificates, for the systems of the sites that recorded their doses.

A trigger writes a row for each certificate that was issued, replaced or revoked, in the same
transaction, where the site has a system that may ask. The row has no number then: numbers are
given afterwards, to rows that are committed, one giver at a time a site. So a number that a system
has seen can never be followed by a lower one, whatever commits late (docs/adr/0019).
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from certificates.models.certificate import Certificate
from sites.models import ApiClient, Site
from vaxplatform.crypto import SealedTextField
from vaxplatform.rows import row_name
from vaxplatform.wires import after_insert, after_update


class ChangeKind(models.TextChoices):
    ISSUED = "issued", _("Issued")
    REPLACED = "replaced", _("Replaced")
    REVOKED = "revoked", _("Revoked")


class ChangeFeed(models.Model):
    """The counter of a site's changes. Its row is the lock of whoever gives numbers.

    `forgotten_to`: the highest number of those that were too old to keep.
    """

    site = models.OneToOneField(
        Site, primary_key=True, on_delete=models.PROTECT, related_name="certificate_feed"
    )
    last_number = models.PositiveBigIntegerField(default=0)
    forgotten_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("feed of certificate changes")
        verbose_name_plural = _("feeds of certificate changes")

    def __str__(self) -> str:
        return row_name(self, self.site_id)


class CertificateChange(models.Model):
    """One thing that happened to one certificate; `number` counts from 1 in each site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    kind = models.CharField(max_length=8, choices=ChangeKind)
    number = models.PositiveBigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("change of a certificate")
        verbose_name_plural = _("changes of certificates")
        constraints = [
            models.UniqueConstraint(name="a_sites_changes_are_counted", fields=["site", "number"]),
        ]
        indexes = [
            models.Index(
                fields=["site", "id"], name="change_without_number", condition=Q(number=None)
            ),
            models.Index(fields=["at"], name="change_by_time"),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class WebhookState(models.TextChoices):
    ACTIVE = "active", _("Delivering")
    PAUSED = "paused", _("Paused by a person")
    DEAD = "dead", _("Given up: the address failed for too long")


class Webhook(models.Model):
    """Where a system wants to hear of its site's changes.

    `delivered_to` is the number of the last change that the address has accepted. `next_at` is
    when a worker may try (again); a worker that takes it pushes it out by its lease first.
    """

    client = models.OneToOneField(
        ApiClient,
        verbose_name=_("API client"),
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="webhook",
    )
    url = models.URLField(_("address"), max_length=500)
    secret = SealedTextField(editable=False)
    state = models.CharField(
        _("state"), max_length=6, choices=WebhookState, default=WebhookState.ACTIVE
    )
    delivered_to = models.PositiveBigIntegerField(_("delivered up to number"), default=0)
    delivered_at = models.DateTimeField(_("last accepted at"), null=True, blank=True)
    next_at = models.DateTimeField(_("next attempt at"), db_default=Now())
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                name="a_failing_webhook_says_since_when_and_why",
                condition=Q(attempts=0, failing_since=None)
                | (Q(attempts__gt=0, failing_since__isnull=False) & ~Q(last_error="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="webhook_by_next_at", condition=Q(state="active")
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.client_id)


# Sites without a system of their own cost nothing but the look.
_HEARD = "d.site_id IN (SELECT site_id FROM vaccination_sites_apiclient WHERE is_active)"

TELL_OF_NEW = f"""
    INSERT INTO certificates_certificatechange (site_id, certificate_id, kind)
    SELECT d.site_id, c.id, 'issued'
      FROM new_rows c JOIN vaccination_sites_dose d ON d.id = c.dose_id
     WHERE c.status = 'live' AND {_HEARD};
    RETURN NULL;
"""  # noqa: S608

TELL_OF_ENDED = f"""
    INSERT INTO certificates_certificatechange (site_id, certificate_id, kind)
    SELECT d.site_id, c.id, CASE c.status WHEN 'revoked' THEN 'revoked' ELSE 'replaced' END
      FROM new_rows c JOIN old_rows o ON o.id = c.id
      JOIN vaccination_sites_dose d ON d.id = c.dose_id
     WHERE c.status <> 'live' AND o.status = 'live' AND {_HEARD};
    RETURN NULL;
"""  # noqa: S608


class WatchedCertificate(Certificate):
    """Certificates, as the feed of changes watches them."""

    class Meta:
        proxy = True
        triggers = [
            after_insert("tell_of_new_certificates", TELL_OF_NEW),
            after_update("tell_of_ended_certificates", TELL_OF_ENDED),
        ]
