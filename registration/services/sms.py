"""The SMS outbox: rows written with what they tell of, sent after commit, tried again by a chore.

Texts with Vietnamese accents travel as UCS-2: 70 characters in one part, 134 in two. English fits
GSM-7: 160 and 306. A message has two parts at most, a code one; no message holds a link, so that
people learn that a link is never ours. Once, retried, budgeted, quiet at night: docs/messages.md.
"""

import datetime
import time
import uuid
from collections import Counter
from functools import partial

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from registration.models import FAILURE_LENGTH, SmsMessage, SmsStatus
from registration.sms_backends import SmsNotSent, backend_in_use
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import TIME_ZONE

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
FIRST_WAIT = datetime.timedelta(seconds=30)  # then four times as long after each attempt
CODE_WAIT = datetime.timedelta(seconds=20)  # a code is of use for five minutes only
CODE_IS_STALE_AFTER = datetime.timedelta(minutes=5)
NEWS_IS_STALE_AFTER = datetime.timedelta(days=3)
KEPT_FOR = datetime.timedelta(days=90)
MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
QUIET_FROM, QUIET_UNTIL = 22, 6  # hours in Viet Nam
BATCH = 20
FULL_BATCHES_PASSED_OVER = 5  # of phones that have had theirs; the others have their turn next time
ROUND_SECONDS = 4.0  # the worker's other chores wait meanwhile, certificates among them
GATEWAY_IS_AWAY_AFTER = 3  # attempts in a row that failed: the round ends
WORKER_TIMEOUT = 10.0  # seconds; below every wait, which is the lease of an attempt
WEB_TIMEOUT = 3.0  # seconds: somebody waits for the page
BUDGET_LOCK = 0x7661785F736D73  # "vax_sms"

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
    this process; all else is sent by `deliver_waiting`, not at night. Raises ValueError for a text
    with a link.
    """
    if "://" in text or "www." in text:
        raise ValueError("An SMS of this platform holds no link.")
    moment = now or timezone.now()
    message = SmsMessage.objects.create(
        phone=phone,
        text=fit(text),
        is_code=is_code,
        created_at=moment,
        next_at=moment if is_code else after_the_night(moment),
    )
    if is_code:
        transaction.on_commit(partial(deliver_one, message_id=message.pk, now=moment), robust=True)
    return message


def is_quiet(now: datetime.datetime) -> bool:
    """Between 22 and 6 o'clock in Viet Nam phones are left in peace, codes excepted."""
    hour = now.astimezone(TIME_ZONE).hour
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def after_the_night(moment: datetime.datetime) -> datetime.datetime:
    """The moment itself by day; at night, the next 6 o'clock."""
    if not is_quiet(moment):
        return moment
    here = moment.astimezone(TIME_ZONE)
    morning = here.replace(hour=QUIET_UNTIL, minute=0, second=0, microsecond=0)
    return morning if morning > here else morning + DAY


def wait_after(attempts: int, *, is_code: bool) -> datetime.timedelta:
    """How long the next attempt waits: 30 s, 2 min, 8 min, 32 min, 2 h; for codes 20 s each."""
    return CODE_WAIT if is_code else FIRST_WAIT * 4 ** (attempts - 1)


def key_of(message: SmsMessage) -> str:
    """The message's key for the gateway, the same at every attempt: an attempt that was cut off
    between sending and marking is told from a second message by it."""
    return str(uuid.UUID(bytes=salted_hmac("sms", str(message.pk)).digest()[:16]))


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
        message.tried_at = now
        message.next_at = now + wait_after(message.attempts, is_code=message.is_code)
    SmsMessage.objects.bulk_update(due, ["attempts", "tried_at", "next_at"])
    return due


@transaction.atomic
def _claim_news(*, now: datetime.datetime) -> list[SmsMessage]:
    """Take what is due and no code, within the country's budget of a minute and each phone's of a
    day. One claims at a time, so that the budgets hold however many workers there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BUDGET_LOCK])
    spent = SmsMessage.objects.filter(tried_at__gt=now - MINUTE).count()
    limit = min(BATCH, settings.SMS_PER_MINUTE - spent)
    if limit <= 0:
        return []
    within: list[SmsMessage] = []
    for _turn in range(FULL_BATCHES_PASSED_OVER):
        claimed = _claim(now=now, only=Q(is_code=False), limit=limit)
        over = _over_the_phones_budget(claimed, now=now)
        _give_back(over, until=now + HOUR)
        within = [message for message in claimed if message not in over]
        if within or not claimed:
            break
    return within


def _over_the_phones_budget(
    claimed: list[SmsMessage], *, now: datetime.datetime
) -> list[SmsMessage]:
    """Those of the claimed whose phone has had its messages of the last 24 hours."""
    sent = SmsMessage.objects.filter(
        phone__in={message.phone for message in claimed}, is_code=False, sent_at__gt=now - DAY
    )
    had: Counter[str] = Counter(
        dict(sent.order_by().values_list("phone").annotate(count=Count("pk")))
    )
    over = []
    for message in claimed:
        had[message.phone] += 1
        if had[message.phone] > settings.SMS_A_DAY_TO_ONE_PHONE:
            over.append(message)
    return over


def _give_back(messages: list[SmsMessage], *, until: datetime.datetime) -> None:
    """Claimed and not tried: waits until then, the attempt not counted."""
    for message in messages:
        SmsMessage.objects.filter(
            pk=message.pk, status=SmsStatus.WAITING, attempts=message.attempts
        ).update(attempts=F("attempts") - 1, tried_at=None, next_at=after_the_night(until))


def _finish(
    message: SmsMessage, *, now: datetime.datetime, status: SmsStatus, failure: str = ""
) -> None:
    """Close the message; nobody needs to read a code any more."""
    SmsMessage.objects.filter(pk=message.pk, status=SmsStatus.WAITING).update(
        status=status,
        sent_at=now if status == SmsStatus.SENT else None,
        failure=failure[:FAILURE_LENGTH],
        text="" if message.is_code else F("text"),
    )


def _why_given_up(message: SmsMessage, *, now: datetime.datetime) -> str:
    """Why the message is not even tried any more; empty where it is."""
    stale_after = CODE_IS_STALE_AFTER if message.is_code else NEWS_IS_STALE_AFTER
    if now - message.created_at > stale_after:
        return "too old"
    return message.failure or "the sender was stopped" if message.attempts > MAX_ATTEMPTS else ""


def _holds(message: SmsMessage, *, moment: datetime.datetime) -> bool:
    """Whether the message is still ours, its lease renewed: before this one, others of the batch
    were sent, and that may have taken longer than the lease."""
    until = moment + wait_after(message.attempts, is_code=message.is_code)
    ours = SmsMessage.objects.filter(
        pk=message.pk, status=SmsStatus.WAITING, attempts=message.attempts
    )
    return bool(ours.update(next_at=until))


def _send(message: SmsMessage, *, now: datetime.datetime, timeout: float) -> bool:
    """One attempt of a message that is ours; whether it went out. Raises SmsNotSent."""
    if why := _why_given_up(message, now=now):
        _finish(message, now=now, status=SmsStatus.FAILED, failure=why)
        return False
    try:
        backend_in_use().send(
            phone=message.phone, text=message.text, key=key_of(message), timeout=timeout
        )
    except SmsNotSent as refusal:
        log.warning("sms_not_sent", sms=message.pk, attempts=message.attempts, why=str(refusal))
        if message.attempts >= MAX_ATTEMPTS:
            _finish(message, now=now, status=SmsStatus.FAILED, failure=str(refusal))
        else:
            SmsMessage.objects.filter(pk=message.pk).update(failure=str(refusal)[:FAILURE_LENGTH])
        raise
    _finish(message, now=now, status=SmsStatus.SENT)
    return True


def deliver_one(*, message_id: int, now: datetime.datetime) -> bool:
    """One bounded try of one message, if it still waits; whether it was sent."""
    claimed = _claim(now=now, only=Q(pk=message_id), limit=1)
    try:
        return any(_send(message, now=now, timeout=WEB_TIMEOUT) for message in claimed)
    except SmsNotSent:
        return False


class _Round:
    """One round of a sender: codes first; it ends when its time is over or the gateway is away."""

    def __init__(self, now: datetime.datetime) -> None:
        self.now = now
        self.sent = 0
        self._failed_in_a_row = 0
        self._began = time.monotonic()

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        return self._elapsed > ROUND_SECONDS or self._failed_in_a_row >= GATEWAY_IS_AWAY_AFTER

    def claim(self) -> list[SmsMessage]:
        codes = _claim(now=self.now, only=Q(is_code=True), limit=BATCH)
        return codes or ([] if is_quiet(self.now) else _claim_news(now=self.now))

    def send(self, claimed: list[SmsMessage]) -> None:
        for position, message in enumerate(claimed):
            if self.is_over:
                _give_back(claimed[position:], until=self.now)
                return
            moment = self.now + datetime.timedelta(seconds=self._elapsed)
            if not _holds(message, moment=moment):
                continue
            try:
                self.sent += _send(message, now=self.now, timeout=WORKER_TIMEOUT)
                self._failed_in_a_row = 0
            except SmsNotSent:
                self._failed_in_a_row += 1


def deliver_waiting(now: datetime.datetime) -> int:
    """Send what is due, in batches, for ROUND_SECONDS at most; returns how many went out. Safe to
    run twice at once."""
    this = _Round(now)
    while not this.is_over and (claimed := this.claim()):
        this.send(claimed)
    return this.sent


class SmsIsNotDead(DomainError):
    """Only a message that has failed, and is no code, can be sent again."""

    code = "sms_is_not_dead"
    message = _("Only a message that could not be sent, and is no code, can be sent again.")


def send_again(*, message: SmsMessage, now: datetime.datetime) -> None:
    """Put a message that was given up back into the outbox, with all its attempts.

    Raises SmsIsNotDead; of two officials who press at once one succeeds.
    """
    again = SmsMessage.objects.filter(pk=message.pk, status=SmsStatus.FAILED, is_code=False).update(
        status=SmsStatus.WAITING,
        attempts=0,
        failure="",
        created_at=now,
        next_at=after_the_night(now),
    )
    if not again:
        raise SmsIsNotDead


def forget_messages(now: datetime.datetime) -> int:
    """Delete the messages of more than 90 days ago, sent or given up; returns how many."""
    old = SmsMessage.objects.filter(created_at__lt=now - KEPT_FOR)
    return old.exclude(status=SmsStatus.WAITING).delete()[0]
