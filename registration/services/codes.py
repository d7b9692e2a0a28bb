"""Codes of six digits sent to a phone: good once, for five minutes, in the session that asked.

One service for every door that a phone opens: signing in, following a case, looking something up.
All limits are counted in PostgreSQL (docs/adr/0003-sign-in-codes-in-postgresql.md).
"""

import datetime
import hashlib
import secrets

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.models import ABOUT_A_RECORD, CodePurpose, OneTimeCode, SmsMessage
from registration.services.sms import queue_sms
from vaxplatform import formatting
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import InvalidPhone, is_vietnamese_mobile
from vaxplatform.vietnam.text import ascii_digits

DIGITS = 6
VALID_FOR = datetime.timedelta(minutes=5)
COOLDOWN = datetime.timedelta(seconds=60)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)  # a clock time without seconds must not come too early
CODES_A_DAY = 5  # to one phone
SESSION_CODES_A_DAY = 10  # asked for by one browser session, for whatever phones
WRONG_TRIES = 5
KEPT_FOR = DAY  # rows serve the limits that long, and no longer


CODE_TEXT = _("Vaccination code: %(code)s. Good for 5 minutes. Give it to nobody.")
TEXTS: dict[str, "Promise"] = {
    CodePurpose.OWN_RECORD: _(
        "Code to see your vaccination record: %(code)s. Give it only to whom you trust."
    ),
    CodePurpose.CLAIM: _(
        "Code to keep your record on another phone: %(code)s. Give it only to whom you trust."
    ),
    CodePurpose.MOVE_FROM: _(
        "Code to move your health book to another number: %(code)s. Give it to nobody."
    ),
}


class CodeRefused(DomainError):
    """No code is sent now. The same answer whether or not the phone is known here."""

    code = "code_refused"
    message = _("No code can be sent now.")
    field = "phone"


class CodeSentRecently(CodeRefused):
    code = "code_sent_recently"
    message = _("A code was just sent to this number. You can ask for another at %(time)s.")


class TooManyCodes(CodeRefused):
    code = "too_many_codes"
    message = _("This number has had its %(limit)d codes for today. Ask again after %(time)s.")


class SessionAskedTooOften(CodeRefused):
    code = "session_asked_too_often"
    message = _("Too many codes were asked for on this device. Ask again after %(time)s.")


class CodesAreScarce(CodeRefused):
    code = "codes_are_scarce"
    message = _("Very many people are signing in. Please ask for a code again after %(time)s.")


class WrongCode(DomainError):
    """The code does not open the door."""

    code = "wrong_code"
    message = _("This code is not right. Look at the latest message.")
    field = "code"


class CodeIsWrong(WrongCode):
    code = "code_is_wrong"
    message = _("This code is not right. You can try %(left)d more times.")


class CodeIsSpent(WrongCode):
    code = "code_is_spent"
    message = _("Too many wrong tries: this code no longer works. Ask for a new one.")


class CodeExpired(WrongCode):
    code = "code_expired"
    message = _("This code was good until %(time)s. Ask for a new one.")


class NoCode(WrongCode):
    """Also the answer to a code that was used, or that another session asked for."""

    code = "no_code"
    message = _("No code is waiting here. Ask for a new one.")


def _digest(*, phone: str, purpose: str, session_key: str, code: str) -> bytes:
    text = "|".join((purpose, phone, session_key, code))
    return salted_hmac("registration.one_time_code", text, algorithm="sha256").digest()


def _one_at_a_time(phone: str) -> None:
    """Until the transaction ends, no other asks for a code for this phone."""
    key = int.from_bytes(hashlib.sha256(f"code {phone}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _after(moment: datetime.datetime, now: datetime.datetime) -> str:
    """The clock time, with the day where it is not today's."""
    same_day = formatting.day(moment) == formatting.day(now)
    return formatting.clock(moment) if same_day else formatting.moment(moment)


def _check_phone_limits(*, phone: str, now: datetime.datetime) -> None:
    sent = list(
        OneTimeCode.objects.filter(phone=phone, created_at__gt=now - DAY)
        .order_by("-created_at")
        .values_list("created_at", flat=True)[:CODES_A_DAY]
    )
    if sent and now - sent[0] < COOLDOWN:
        raise CodeSentRecently(time=formatting.clock(sent[0] + COOLDOWN + MINUTE))
    if len(sent) >= CODES_A_DAY:
        raise TooManyCodes(limit=CODES_A_DAY, time=_after(sent[-1] + DAY + MINUTE, now))


def _check_session_limit(*, session_key: str, now: datetime.datetime) -> None:
    asked = list(
        OneTimeCode.objects.filter(session_key=session_key, created_at__gt=now - DAY)
        .order_by("-created_at")
        .values_list("created_at", flat=True)[:SESSION_CODES_A_DAY]
    )
    if len(asked) >= SESSION_CODES_A_DAY:
        raise SessionAskedTooOften(time=_after(asked[-1] + DAY + MINUTE, now))


def _check_budget(*, purpose: str, now: datetime.datetime) -> None:
    """The whole country's codes of an hour, and of these the share of the doors to a record;
    requests side by side may pass them by their number."""
    recent = SmsMessage.objects.filter(is_code=True, created_at__gt=now - HOUR)
    is_spent = recent[: settings.SMS_CODES_PER_HOUR].count() >= settings.SMS_CODES_PER_HOUR
    if not is_spent and purpose in ABOUT_A_RECORD:
        most = settings.RECORD_CODES_PER_HOUR
        asked = OneTimeCode.objects.filter(purpose__in=ABOUT_A_RECORD, created_at__gt=now - HOUR)
        is_spent = asked[:most].count() >= most
    if is_spent:
        raise CodesAreScarce(time=_after(now + 15 * MINUTE, now))


@transaction.atomic
def send_code(
    *,
    phone: str,
    purpose: str,
    session_key: str,
    now: datetime.datetime,
    language: str = "vi",
) -> OneTimeCode:
    """Send a new code to `phone` (E.164, a Vietnamese mobile) for this session and purpose.

    Earlier codes of the session stop working. At most one a minute and five a day a phone, ten a
    day a session, and settings.SMS_CODES_PER_HOUR in the country. Raises InvalidPhone or
    CodeRefused; nothing is sent then. Says nothing about whether the phone is known.
    """
    if not is_vietnamese_mobile(phone):
        raise InvalidPhone
    row, code = hold_code(contact=phone, purpose=purpose, session_key=session_key, now=now)
    with translation.override(language):
        text = code_in_words(purpose, code)
        queue_sms(phone=phone, text=text, is_code=True, now=now)
    return row


@transaction.atomic
def hold_code(
    *, contact: str, purpose: str, session_key: str, now: datetime.datetime
) -> tuple[OneTimeCode, str]:
    """A new code that is not sent yet, and its digits; `contact` is what its limits count by.

    Raises CodeRefused. What `send_code` says holds here too.
    """
    if not session_key:
        raise ValueError("A code is bound to a session; create the session first.")
    _one_at_a_time(contact)
    _check_phone_limits(phone=contact, now=now)
    _check_session_limit(session_key=session_key, now=now)
    _check_budget(purpose=purpose, now=now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = OneTimeCode.objects.create(
        phone=contact,
        purpose=purpose,
        session_key=session_key,
        digest=_digest(phone=contact, purpose=purpose, session_key=session_key, code=code),
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    return row, code


def code_in_words(purpose: str, code: str) -> str:
    """The message, in the language of the moment: it says what the code opens."""
    text = TEXTS.get(purpose, CODE_TEXT)
    return str(text) % {"code": code}


def check_code(
    *, phone: str, purpose: str, session_key: str, code: str, now: datetime.datetime
) -> None:
    """Use up the newest code of this phone, purpose and session, or raise a WrongCode.

    Two conditional updates decide, so of any number of checks at once one succeeds, and wrong
    tries are all counted. Not to be called within a transaction: a refusal must keep its count.
    """
    typed = "".join(ascii_digits(code[:40]).split())
    with transaction.atomic(durable=True):
        newest = (
            OneTimeCode.objects.filter(phone=phone, purpose=purpose, session_key=session_key)
            .order_by("-created_at", "-pk")
            .first()
        )
        refusal = NoCode() if newest is None else _use(newest, typed=typed, now=now)
    if refusal is not None:
        raise refusal


def _use(newest: OneTimeCode, *, typed: str, now: datetime.datetime) -> WrongCode | None:
    """Mark the code as used if `typed` is it; else count a wrong try and say what is wrong."""
    alive = OneTimeCode.objects.filter(
        pk=newest.pk, used_at=None, wrong_attempts__lt=WRONG_TRIES, expires_at__gt=now
    )
    digest = _digest(
        phone=newest.phone, purpose=newest.purpose, session_key=newest.session_key, code=typed
    )
    if alive.filter(digest=digest).update(used_at=now):
        return None
    counted = alive.update(wrong_attempts=F("wrong_attempts") + 1)
    newest.refresh_from_db()
    if newest.used_at is not None:
        return NoCode()
    if not counted and newest.wrong_attempts < WRONG_TRIES:
        return CodeExpired(time=formatting.clock(newest.expires_at))
    left = WRONG_TRIES - newest.wrong_attempts
    return CodeIsWrong(left=left) if left > 0 else CodeIsSpent()


def purge_codes(now: datetime.datetime) -> int:
    """Delete the codes of more than a day ago; returns how many."""
    return OneTimeCode.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
