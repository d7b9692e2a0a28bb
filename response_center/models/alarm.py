"""Alarms of the command board that a person has taken note of."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from vaxplatform.rows import row_name


class AlarmAcknowledgement(models.Model):
    """Somebody saw an alarm and says what is being done. `alarm` names its kind and what it is
    about ("silent_sites", "lot_signal:<public id>"); it holds until `holds_until`, or until the
    alarm grew above `size` (what it counted then). Insert only: the next one is another row."""

    alarm = models.CharField(_("alarm"), max_length=80)
    province = models.ForeignKey(
        AdministrativeUnit,
        verbose_name=_("province"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    size = models.PositiveIntegerField(_("what it counted"), default=0)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acknowledged by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), default=timezone.now)
    holds_until = models.DateTimeField(_("holds until"))
    note = models.CharField(_("what is being done"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("acknowledgement of an alarm")
        verbose_name_plural = _("acknowledgements of alarms")
        ordering = ["-acknowledged_at"]
        indexes = [
            models.Index(fields=["alarm", "-acknowledged_at"], name="acknowledgement_by_alarm")
        ]

    def __str__(self) -> str:
        return row_name(self, self.alarm)
