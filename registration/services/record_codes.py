"""Codes that open a record: sent to the phone that was named, or to the one on the record.

The page that asks for a code looks nobody up. Where a phone was named, the code goes there, whoever
has it; where a paper was named, a row is written, and a worker finds the record and sends the code
to its phone. So known and unknown get the same answer after the same work (docs/adr/0023).
"""

import datetime

from django.db import transaction
from django.utils import translation

from registration.models import Citizen, CodeForRecord, CodePurpose
from registration.services.access import AccessPurpose, log_access
from registration.services.codes import (
    COOLDOWN,
    DAY,
    VALID_FOR,
    check_code,
    code_in_words,
    hold_code,
    send_code,
)
from registration.services.own_record import NoSuchRecord, Question, find_record, phones_of
from registration.services.sealed_question import as_text, from_text
from registration.services.sms import queue_sms
from vaxplatform.vietnam import mask_phone

BATCH = 50
SENT_A_DAY = 5  # to the phone on a record, whoever asks; codes for signing in are counted apart


@transaction.atomic
def ask_for_record_code(
    *, question: Question, purpose: str, session_key: str, language: str, now: datetime.datetime
) -> None:
    """Have a code sent to the phone of `question`, or of the record that its paper names.

    Raises CodeRefused, for known and unknown alike; nothing is sent then.
    """
    if question.phone:
        send_code(
            phone=question.phone,
            purpose=purpose,
            session_key=session_key,
            now=now,
            language=language,
        )
        return
    row, code = hold_code(
        contact=question.contact, purpose=purpose, session_key=session_key, now=now
    )
    text = as_text(question, code=code, purpose=purpose, language=language)
    CodeForRecord.objects.create(code=row, question=text, asked_at=now)


def send_codes_for_records(now: datetime.datetime) -> int:
    """Look up what was asked, and send the codes; returns how many went out. Safe to run twice."""
    sent = 0
    while taken := _send_batch(now):
        sent += sum(taken)
    return sent


@transaction.atomic
def _send_batch(now: datetime.datetime) -> list[bool]:
    """One entry a row that was looked up: whether a code went out. One that comes too late to be
    of use is not sent."""
    rows = CodeForRecord.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        looked_up_at=None
    )
    taken = list(rows.order_by("asked_at")[:BATCH])
    for row in taken:
        question, told = from_text(row.question)
        row.phone = _where_to(question, now) if now < row.asked_at + VALID_FOR else ""
        row.question, row.looked_up_at = "", now
        row.save(update_fields=["phone", "question", "looked_up_at"])
        if row.phone:
            with translation.override(told["language"]):
                text = code_in_words(told["purpose"], told["code"])
            queue_sms(phone=row.phone, text=text, is_code=True, now=now)
    return [bool(row.phone) for row in taken]


def _where_to(question: Question, now: datetime.datetime) -> str:
    """The phone that may be told of this record; "" where there is none, or it had its codes."""
    found = find_record(question)
    phones = phones_of(found.citizen) if found else []
    if not phones:
        return ""
    earlier = CodeForRecord.objects.filter(phone=phones[0], looked_up_at__gt=now - DAY)
    times = list(earlier.order_by("-looked_up_at").values_list("looked_up_at", flat=True))
    is_enough = len(times) >= SENT_A_DAY
    is_too_soon = bool(times) and times[0] is not None and now - times[0] < COOLDOWN
    return "" if is_enough or is_too_soon else phones[0]


def prove_record(
    *, question: Question, purpose: str, session_key: str, code: str, now: datetime.datetime
) -> Citizen:
    """The person whose record the code has proven. Raises WrongCode, or NoSuchRecord where the
    phone that was named is on no such record. Not to be called within a transaction."""
    check_code(
        phone=question.contact,
        purpose=purpose,
        session_key=session_key,
        code=code,
        now=now,
    )
    found = find_record(question)
    if found is None:
        raise NoSuchRecord
    return found.citizen


def open_own_record(
    *, question: Question, session_key: str, code: str, now: datetime.datetime
) -> Citizen:
    """Look-up without an account: `prove_record`, and the look is kept for the person to read."""
    citizen = prove_record(
        question=question,
        purpose=CodePurpose.OWN_RECORD,
        session_key=session_key,
        code=code,
        now=now,
    )
    client = mask_phone(question.phone) if question.phone else ""
    log_access(citizen=citizen, account=None, purpose=AccessPurpose.OWN_PHONE, client=client)
    return citizen
