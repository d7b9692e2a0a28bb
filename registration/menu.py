"""What the staff's menu asks about the outbox."""

import datetime

from django.http import HttpRequest
from django.utils import timezone

from registration.models import SmsMessage, SmsStatus
from vaxplatform import formatting
from vaxplatform.rights import may

LOOKED_BACK = datetime.timedelta(days=3)
AT_MOST = 1_000  # a badge need not count further


def may_see_outbox(request: HttpRequest) -> bool:
    return may(request.user, "see_logs") or may(request.user, "manage_staff")


def messages_not_sent(request: HttpRequest) -> str:  # noqa: ARG001 - a badge's signature
    """How many messages of the last three days were given up; "" for none."""
    since = timezone.now() - LOOKED_BACK
    dead = SmsMessage.objects.filter(status=SmsStatus.FAILED, is_code=False, created_at__gt=since)
    count = dead[:AT_MOST].count()
    return formatting.number(count) if count else ""
