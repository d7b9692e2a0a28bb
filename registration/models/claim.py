"""Questions about records that pages only write down: a worker looks them up.

So neither the answer of a page nor its time tells who is on record (docs/adr/0023).
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.account import Account
from registration.models.citizen import Citizen
from registration.models.message import OneTimeCode
from vaxplatform.crypto import SealedTextField
from vaxplatform.rows import row_name


class CodeForRecord(models.Model):
    """A code for the phone on a record that is named by a paper: who asks knows no phone.

    `question`: who is meant, and the code itself, sealed until a worker looked and then empty.
    `phone`: where it went; empty where there is no such record, or no phone on it.
    """

    code = models.OneToOneField(OneTimeCode, on_delete=models.CASCADE, related_name="for_record")
    question = SealedTextField(_("question"))
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    looked_up_at = models.DateTimeField(_("looked up at"), null=True, blank=True)

    class Meta:
        verbose_name = _("code for the phone on a record")
        verbose_name_plural = _("codes for phones on records")
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="code_for_record_to_look_up",
                condition=Q(looked_up_at=None),
            ),
            models.Index(
                fields=["phone", "-looked_up_at"],
                name="code_for_record_by_phone",
                condition=~Q(phone=""),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)


class ClaimStatus(models.TextChoices):
    """See docs/states.md for who moves a claim."""

    ASKED = "asked", _("Being compared")
    WAITING = "waiting", _("Waiting for the phone on record")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Could not be confirmed")
    OBJECTED = "objected", _("The phone on record did not agree")
    WITHDRAWN = "withdrawn", _("Withdrawn")


HAS_A_RECORD = (ClaimStatus.WAITING, ClaimStatus.GRANTED, ClaimStatus.OBJECTED)


class RecordClaim(models.Model):
    """A phone asks to speak for a person by a paper and a fact of a dose (`question`, sealed until
    it was compared), or an `agent` of the response centre found its claim right. Where another
    phone speaks for the person, it may object until `grant_at`."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="claims"
    )
    citizen = models.ForeignKey(
        Citizen,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claims",
    )
    agent = models.ForeignKey(
        Account,
        verbose_name=_("agent"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = models.CharField(
        _("status"), max_length=9, choices=ClaimStatus, default=ClaimStatus.ASKED
    )
    question = SealedTextField(_("question"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    grant_at = models.DateTimeField(_("granted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("claim to a record")
        verbose_name_plural = _("claims to records")
        constraints = [
            models.CheckConstraint(
                name="a_claim_names_its_person_once_it_was_right",
                condition=~Q(status__in=HAS_A_RECORD) | Q(citizen__isnull=False),
            ),
            models.CheckConstraint(
                name="a_claim_that_waits_says_until_when",
                condition=~Q(status=ClaimStatus.WAITING) | Q(grant_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_waiting_claim_of_a_phone_to_a_person",
                fields=["account", "citizen"],
                condition=Q(status=ClaimStatus.WAITING),
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="claim_to_compare",
                condition=Q(status=ClaimStatus.ASKED),
            ),
            models.Index(
                fields=["grant_at"],
                name="claim_that_waits",
                condition=Q(status=ClaimStatus.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)
