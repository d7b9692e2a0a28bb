"""Browsers that asked to be told when something is new in the health book (web push)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models.account import Account
from vaxplatform.rows import row_name

ENDPOINT_LENGTH = 500


class PushSubscription(models.Model):
    """One browser of an account. What waits to be told is a moment and not a text: any number of
    news makes one notice, and no notice says what is new.

    `public_key` and `auth_secret` are the browser's (RFC 8291): what we send can be read by it
    alone. `next_at` doubles as the lease of an attempt.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    endpoint = models.CharField(max_length=ENDPOINT_LENGTH, unique=True)
    public_key = models.BinaryField(max_length=65)
    auth_secret = models.BinaryField(max_length=16)
    language = models.CharField(max_length=2, default="vi")
    created_at = models.DateTimeField(default=timezone.now)
    news_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("browser to be told of news")
        verbose_name_plural = _("browsers to be told of news")
        constraints = [
            models.CheckConstraint(
                name="news_that_wait_have_a_time_to_be_told",
                condition=Q(news_at__isnull=True) | Q(next_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="push_waiting_by_next_at",
                condition=Q(news_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return row_name(self, self.pk)
