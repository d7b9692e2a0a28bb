"""The SMS outbox: rows written with what they tell of, sent after commit, tried again by a chore.

Texts with Vietnamese accents travel as UCS-2: 70 characters in one part, 134 in two. English fits
GSM-7: 160 and 306. A message has two parts at most, a code one; no message holds a link, so that
people learn that a link is never ours.
"""

import datetime
from functools import partial

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from registration.models import SmsMessage, SmsStatus
from registration.sms_backends import SmsNotSent, backend_in_use
from vaxplatform.vietnam import TIME_ZONE

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
FIRST_WAIT = datetime.timedelta(seconds=30)  # then four times as long after each attempt
CODE_WAIT = datetime.timedelta(seconds=20)  # a code is of use for five minutes only
CODE_IS_STALE_AFTER = datetime.timedelta(minutes=5)
QUIET_FROM, QUIET_UNTIL = 22, 6  # hours in Viet Nam
BATCH = 50
WORKER_TIMEOUT = 10.0  # seconds
WEB_TIMEOUT = 3.0  # seconds: somebody waits for the page

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWO_PARTS = 306
UCS_2_TWO_PARTS = 134


def is_gsm_7(text: str) -> bool:
    """Whether the text needs no UCS-2; letters of GSM-7's extension table count as needing it."""
    return GSM_7.issuperset(text)


def fit(text: str) -> str:
    """The text cut, with a full stop of three, to two parts."""
    limit = GSM_7_TWO_PARTS if is_gsm_7(text) else UCS_2_TWO_PARTS
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


@transaction.atomic
def queue_sms(
    *, phone: str, text: str, is_code: bool = False, now: datetime.datetime | None = None
) -> SmsMessage:
    """Write a message to the outbox, in the transaction of what it tells of.

    `phone` E.164. A text longer than two parts is cut. A code is tried once right after commit by
    this process; all else is sent by `deliver_waiting`. Raises ValueError for a text with a link.
    """
    if "://" in text or "www." in text:
        raise ValueError("An SMS of this platform holds no link.")
    moment = now or timezone.now()
    message = SmsMessage.objects.create(
        phone=phone, text=fit(text), is_code=is_code, created_at=moment, next_at=moment
    )
    if is_code:
        transaction.on_commit(partial(deliver_one, message_id=message.pk, now=moment), robust=True)
    return message


def is_quiet(now: datetime.datetime) -> bool:
    """Between 22 and 6 o'clock in Viet Nam phones are left in peace, codes excepted."""
    hour = now.astimezone(TIME_ZONE).hour
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def wait_after(attempts: int, *, is_code: bool) -> datetime.timedelta:
    """How long the next attempt waits: 30 s, 2 min, 8 min, 32 min, 2 h; for codes 20 s each."""
    return CODE_WAIT if is_code else FIRST_WAIT * 4 ** (attempts - 1)


@transaction.atomic
def _claim(*, now: datetime.datetime, only: Q, limit: int) -> list[SmsMessage]:
    """Take messages that are due, their attempt counted, so that one that kills its sender shows.

    `next_at` doubles as the lease: a sender that dies leaves the message to the next attempt.
    """
    due = list(
        SmsMessage.objects.select_for_update(skip_locked=True)
        .filter(only, status=SmsStatus.WAITING, next_at__lte=now)
        .order_by("next_at")[:limit]
    )
    for message in due:
        message.attempts += 1
        message.next_at = now + wait_after(message.attempts, is_code=message.is_code)
    SmsMessage.objects.bulk_update(due, ["attempts", "next_at"])
    return due


def _finish(message: SmsMessage, *, now: datetime.datetime, status: SmsStatus) -> None:
    """Close the message; nobody needs to read a code any more."""
    SmsMessage.objects.filter(pk=message.pk, status=SmsStatus.WAITING).update(
        status=status,
        sent_at=now if status == SmsStatus.SENT else None,
        text="" if message.is_code else F("text"),
    )


def _send(message: SmsMessage, *, now: datetime.datetime, timeout: float) -> bool:
    stale = message.is_code and now - message.created_at > CODE_IS_STALE_AFTER
    if stale or message.attempts > MAX_ATTEMPTS:
        _finish(message, now=now, status=SmsStatus.FAILED)
        return False
    try:
        backend_in_use().send(phone=message.phone, text=message.text, timeout=timeout)
    except SmsNotSent as refusal:
        log.warning("sms_not_sent", sms=message.pk, attempts=message.attempts, why=str(refusal))
        if message.attempts >= MAX_ATTEMPTS:
            _finish(message, now=now, status=SmsStatus.FAILED)
        return False
    _finish(message, now=now, status=SmsStatus.SENT)
    return True


def deliver_one(*, message_id: int, now: datetime.datetime) -> bool:
    """One bounded try of one message, if it still waits; whether it was sent."""
    claimed = _claim(now=now, only=Q(pk=message_id), limit=1)
    return any(_send(message, now=now, timeout=WEB_TIMEOUT) for message in claimed)


def deliver_waiting(now: datetime.datetime) -> int:
    """Send what is due, in batches; returns how many went out. Safe to run twice at once."""
    only = Q(is_code=True) if is_quiet(now) else Q()
    sent = 0
    while claimed := _claim(now=now, only=only, limit=BATCH):
        sent += sum(_send(message, now=now, timeout=WORKER_TIMEOUT) for message in claimed)
    return sent
