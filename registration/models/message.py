"""What is sent to phones: one-time codes and the SMS outbox, both rows in PostgreSQL."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaxplatform.rows import row_name


class CodePurpose(models.TextChoices):
    SIGN_IN = "sign_in", _("Sign in")
    FOLLOW_CASE = "follow_case", _("Follow a case")
    LOOK_UP = "look_up", _("Look-up through the portal of 2021")
    OWN_RECORD = "own_record", _("Look-up without an account")
    CLAIM = "claim", _("Bring a person to another phone")
    MOVE_FROM = "move_from", _("Change of number: the one until now")
    MOVE_TO = "move_to", _("Change of number: the new one")


ABOUT_A_RECORD = (CodePurpose.OWN_RECORD, CodePurpose.CLAIM)


class OneTimeCode(models.Model):
    """A 6-digit code sent to a phone, good once, in the browser session that asked for it.

    `phone` is what limits count by: E.164, or "id:" and a keyed hash where the number of a paper
    was named instead and the phone is the one on record (CodeForRecord).
    """

    phone = models.CharField(max_length=16)
    purpose = models.CharField(max_length=12, choices=CodePurpose)
    session_key = models.CharField(max_length=64)
    digest = models.BinaryField(max_length=32)
    wrong_attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        indexes = [
            models.Index(fields=["phone", "-created_at"], name="one_time_code_by_phone"),
            models.Index(fields=["session_key", "-created_at"], name="one_time_code_by_session"),
            models.Index(
                fields=["created_at"],
                name="one_time_code_of_a_look_up",
                condition=Q(purpose=CodePurpose.LOOK_UP),
            ),
            models.Index(
                fields=["created_at"],
                name="one_time_code_about_a_record",
                condition=Q(purpose__in=ABOUT_A_RECORD),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class SmsStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class SmsMessage(models.Model):
    """The outbox: written with the event it tells of, sent after commit, retried by the worker.

    A code's text is blanked once it is sent; the row stays for the budgets.
    """

    phone = models.CharField(_("phone"), max_length=16)
    text = models.TextField(_("text"))
    is_code = models.BooleanField(_("is a code"), default=False)
    status = models.CharField(
        _("status"), max_length=8, choices=SmsStatus, default=SmsStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next try at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("SMS")
        verbose_name_plural = _("SMS")
        indexes = [
            models.Index(
                fields=["next_at"],
                name="sms_waiting_by_next_at",
                condition=Q(status=SmsStatus.WAITING),
            ),
            models.Index(fields=["created_at"], name="sms_by_created_at"),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
