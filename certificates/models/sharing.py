"""Links by which a citizen shows a certificate to somebody else."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registration.models import Account
from sites.models import Dose
from vaxplatform.rows import row_name


class ShareLink(models.Model):
    """Shows the newest certificate of a dose to whoever has the link, for as long as it lasts.

    Only the hash of the link's secret is kept: who reads the table can open nothing.
    """

    dose = models.ForeignKey(
        Dose, verbose_name=_("dose"), on_delete=models.PROTECT, related_name="share_links"
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="share_links"
    )
    secret_hash = models.CharField(_("hash of the secret"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    expires_at = models.DateTimeField(_("expires at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    openings = models.PositiveIntegerField(_("times opened"), db_default=0)
    opened_at = models.DateTimeField(_("last opened at"), null=True, blank=True)

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        constraints = [
            models.CheckConstraint(
                name="a_share_link_expires_after_it_was_made",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
