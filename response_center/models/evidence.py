"""What a citizen shows: a photo of the vaccination slip or of an identity paper."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from response_center.models.case import Case
from vaxplatform.rows import row_name


class EvidenceKind(models.TextChoices):
    SLIP = "slip", _("The vaccination slip or confirmation")
    IDENTITY = "identity", _("An identity paper")
    OTHER = "other", _("Something else")


class CaseEvidence(models.Model):
    """A photo beside a case. `photo`: sealed JPEG, drawn anew, without metadata; empty once it was
    forgotten. `sent_by` is empty where the citizen sent it."""

    public_id = models.UUIDField(
        _("public number"), default=uuid.uuid4, unique=True, editable=False
    )
    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.CASCADE, related_name="evidence"
    )
    kind = models.CharField(_("what it shows"), max_length=8, choices=EvidenceKind)
    photo = models.BinaryField(_("photo"), null=True, editable=False)
    digest = models.BinaryField(max_length=32, editable=False)
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    forgotten_at = models.DateTimeField(_("photo deleted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="a_photo_is_kept_once_a_case", fields=["case", "digest"]),
            models.CheckConstraint(
                name="a_photo_is_there_until_it_is_forgotten",
                condition=Q(photo__isnull=False, forgotten_at__isnull=True)
                | Q(photo__isnull=True, forgotten_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.public_id)
