"""How codes and messages to phones are doing, for the public status page."""

import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registration.models import SmsMessage, SmsStatus
from registration.services.sms import is_quiet
from vaxplatform import formatting
from vaxplatform.public_status import Finding, State, register_part

LOOKED_BACK = datetime.timedelta(minutes=15)
CODE_IS_LATE_AFTER = datetime.timedelta(minutes=1)
MESSAGE_IS_LATE_AFTER = datetime.timedelta(minutes=15)


def sign_in_codes(now: datetime.datetime) -> Finding:
    """Codes of the last quarter of an hour: those given up or waiting too long against all."""
    late = Q(status=SmsStatus.WAITING, created_at__lt=now - CODE_IS_LATE_AFTER)
    codes = SmsMessage.objects.filter(is_code=True, created_at__gt=now - LOOKED_BACK).aggregate(
        all=Count("pk"), bad=Count("pk", filter=late | Q(status=SmsStatus.FAILED))
    )
    if not codes["bad"]:
        return Finding(State.WORKS, _("Codes are sent within seconds."))
    sentence = _("Of %(all)s codes of the last 15 minutes %(bad)s have not gone out in time.") % {
        "all": formatting.number(codes["all"]),
        "bad": formatting.number(codes["bad"]),
    }
    return Finding(State.DOWN if codes["bad"] * 2 > codes["all"] else State.SLOW, sentence)


def messages(now: datetime.datetime) -> Finding:
    """Other SMS: what is due, and since when. At night none is due, and the morning begins with
    those of the night."""
    waiting = SmsMessage.objects.filter(
        status=SmsStatus.WAITING, is_code=False, next_at__lt=now - MESSAGE_IS_LATE_AFTER
    )
    at_night = is_quiet(now) or is_quiet(now - MESSAGE_IS_LATE_AFTER)
    count = 0 if at_night else waiting.count()
    if not count:
        return Finding(State.WORKS, _("Messages go out between 6:00 and 22:00."))
    return Finding(
        State.SLOW,
        _("%(count)s messages wait longer than usual. They are sent as soon as possible.")
        % {"count": formatting.number(count)},
    )


def register() -> None:
    register_part("codes", gettext_lazy("Codes for signing in"), sign_in_codes, position=20)
    register_part("messages", gettext_lazy("SMS messages"), messages, position=60)
