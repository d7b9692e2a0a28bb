"""A person on record comes to another phone: by a code, or by a paper and a fact of a dose.

Why a page looks nobody up, and why a fact opens slowly: docs/adr/0023. The phone of a household
that agrees or objects is told beforehand; who was let in stands in the person's log.
"""

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.dose_facts import is_dose_of
from registration.models import (
    Account,
    Citizen,
    ClaimStatus,
    CodePurpose,
    HouseholdMember,
    RecordAccess,
    RecordClaim,
)
from registration.services.access import AccessPurpose, log_access
from registration.services.citizens import find_citizen_by_paper
from registration.services.codes import DAY
from registration.services.households import MAX_MEMBERS, HouseholdIsFull, join
from registration.services.joined import only_who_go_on
from registration.services.own_record import Question, find_record, phones_of
from registration.services.record_codes import prove_record
from registration.services.sealed_question import as_text, from_text
from registration.services.sms import queue_sms
from vaxplatform import formatting
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import mask_phone

TIME_TO_OBJECT = datetime.timedelta(hours=24)
CLAIMS_A_DAY = 5  # of an account; and refused ones to a person


class TooManyClaims(DomainError):
    code = "too_many_claims"
    message = _("You have tried %(limit)d times in a day. Ask the response centre, or come back.")


class ClaimIsOver(DomainError):
    """It was answered or taken back, its time is over, or it is not this account's to answer."""

    code = "claim_is_over"
    message = _("This request is closed already.")


def claim_by_code(
    *, account: Account, question: Question, session_key: str, code: str, now: datetime.datetime
) -> Citizen:
    """The person, in the account's household from now on; the code went to the phone on record.

    Raises WrongCode, NoSuchRecord or HouseholdIsFull. Not to be called within a transaction.
    """
    citizen = prove_record(
        question=question,
        purpose=CodePurpose.CLAIM,
        session_key=session_key,
        code=code,
        now=now,
    )
    _let_in(account=account, citizen=citizen, now=now)
    return citizen


@transaction.atomic
def _let_in(*, account: Account, citizen: Citizen, now: datetime.datetime) -> None:
    """Join, keep it where the person can read it, and tell the phones that speak for her already.
    Raises HouseholdIsFull."""
    if HouseholdMember.objects.filter(account=account, citizen=citizen).exists():
        return
    told = [phone for phone in phones_of(citizen) if phone != account.phone]
    join(account=account, citizen=citizen)
    log_access(citizen=citizen, account=account, purpose=AccessPurpose.LET_IN)
    for phone in told:
        _tell(
            phone,
            _(
                "The phone %(phone)s can now see a health book of yours. "
                "Not right? End it in the health book."
            ),
            now,
            phone=mask_phone(account.phone or ""),
        )


def _tell(to: str, text: Promise, now: datetime.datetime, **params: str) -> None:
    """Write a message in the language of the phone's account."""
    account = Account.objects.filter(phone=to).only("language").first()
    with translation.override(account.language if account else "vi"):
        queue_sms(phone=to, text=str(text) % params, now=now)


@transaction.atomic
def claim_by_dose(
    *,
    account: Account,
    question: Question,
    day: datetime.date,
    lot_number: str,
    now: datetime.datetime,
) -> RecordClaim:
    """Write the claim down; `compare_claims` answers it within seconds. Nobody is looked up here.

    Raises HouseholdIsFull or TooManyClaims.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if HouseholdMember.objects.filter(account=account).count() >= MAX_MEMBERS:
        raise HouseholdIsFull(limit=MAX_MEMBERS)
    if RecordClaim.objects.filter(account=account, asked_at__gt=now - DAY).count() >= CLAIMS_A_DAY:
        raise TooManyClaims(limit=CLAIMS_A_DAY)
    text = as_text(question, day=day.isoformat(), lot_number=lot_number)
    return RecordClaim.objects.create(account=account, question=text, asked_at=now)


def compare_claims(now: datetime.datetime) -> int:
    """Answer what was asked and grant what nobody objected to; returns how many claims moved."""
    moved = 0
    while _compare_one(now):
        moved += 1
    while _grant_one(now):
        moved += 1
    return moved


def _next(only: Q) -> RecordClaim | None:
    rows = RecordClaim.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.select_related("account", "citizen").filter(only).order_by("asked_at").first()


@transaction.atomic
def _compare_one(now: datetime.datetime) -> bool:
    claim = _next(Q(status=ClaimStatus.ASKED))
    if claim is None:
        return False
    question, told = from_text(claim.question)
    claim.question = ""
    claim.citizen = _who_is_proven(question, told, now)
    if claim.citizen is None:
        _keep_refusal(claim, question)
        return _end(claim, ClaimStatus.REFUSED, now)
    return _found_right(claim, claim.citizen, now)


@transaction.atomic
def claim_at_desk(
    *, account: Account, citizen: Citizen, agent: Account, now: datetime.datetime
) -> RecordClaim:
    """A claim that an agent of the response centre has found right: no faster than by a dose where
    another phone speaks for the person. Where that phone refused what one agent had found right, a
    second agent decides, and it is granted at once: a stranger who was let in cannot shut out."""
    claim = RecordClaim(account=account, citizen=citizen, agent=agent, question="", asked_at=now)
    refused = RecordClaim.objects.filter(
        account=account, citizen=citizen, status=ClaimStatus.OBJECTED, agent__isnull=False
    )
    if refused.exclude(agent=agent).exists():
        _grant(claim, now)
    else:
        _found_right(claim, citizen, now)
    return claim


def _found_right(claim: RecordClaim, citizen: Citizen, now: datetime.datetime) -> bool:
    """Grant it, or tell the phones that see the record and wait for them."""
    Citizen.objects.select_for_update(no_key=True).get(pk=citizen.pk)  # one claim to her at a time
    others = [phone for phone in phones_of(citizen) if phone != claim.account.phone]
    twin = Q(account=claim.account, citizen=citizen, status=ClaimStatus.WAITING)
    if RecordClaim.objects.filter(twin).exists():
        return _end(claim, ClaimStatus.WITHDRAWN, now)  # the earlier one goes on
    if not others:
        return _grant(claim, now)
    claim.status, claim.grant_at = ClaimStatus.WAITING, now + TIME_TO_OBJECT
    claim.save()
    for phone in others:
        _tell(
            phone,
            _(
                "The phone %(phone)s asks to see a health book of yours. "
                "Not right? Refuse there by %(time)s."
            ),
            now,
            phone=mask_phone(claim.account.phone or ""),
            time=formatting.moment(claim.grant_at),
        )
    return True


def _who_is_proven(
    question: Question, told: dict[str, str], now: datetime.datetime
) -> Citizen | None:
    """The person whose paper and dose were named; None also after five refused claims in a day."""
    found = find_record(question)
    if found is None:
        return None
    refused = RecordAccess.objects.filter(
        citizen=found.citizen, purpose=AccessPurpose.CLAIM_REFUSED, at__gt=now - DAY
    )
    if refused[:CLAIMS_A_DAY].count() >= CLAIMS_A_DAY:
        return None
    day = datetime.date.fromisoformat(told["day"])
    is_right = is_dose_of(found.citizen, day=day, lot_number=told["lot_number"])
    return found.citizen if is_right else None


def _keep_refusal(claim: RecordClaim, question: Question) -> None:
    """Whose paper was named can read that somebody tried."""
    owners = (find_citizen_by_paper(paper=paper) for paper in question.identification)
    for owner in only_who_go_on(owner for owner in owners if owner):
        log_access(citizen=owner, account=claim.account, purpose=AccessPurpose.CLAIM_REFUSED)


def _end(claim: RecordClaim, status: ClaimStatus, now: datetime.datetime) -> bool:
    claim.status, claim.ended_at = status, now
    claim.save()
    return True


@transaction.atomic
def _grant_one(now: datetime.datetime) -> bool:
    claim = _next(Q(status=ClaimStatus.WAITING, grant_at__lte=now))
    return claim is not None and _grant(claim, now)


def _grant(claim: RecordClaim, now: datetime.datetime) -> bool:
    """Let the phone in, as the record that goes on; refused where its household is full by now."""
    (citizen,) = only_who_go_on([claim.citizen] if claim.citizen else [])
    try:
        _let_in(account=claim.account, citizen=citizen, now=now)
    except HouseholdIsFull:
        return _end(claim, ClaimStatus.REFUSED, now)
    _tell(claim.account.phone or "", _("The person you asked for is in your health book now."), now)
    return _end(claim, ClaimStatus.GRANTED, now)


def claims_to_answer(account: Account) -> QuerySet[RecordClaim]:
    """Claims of other phones to people for whom this phone speaks, or on whose record it stands."""
    mine = Q(citizen__households__account=account) | Q(citizen__phone=account.phone)
    waiting = RecordClaim.objects.filter(mine, status=ClaimStatus.WAITING).exclude(account=account)
    return waiting.select_related("account", "citizen").distinct().order_by("grant_at")


def open_claims_of(account: Account) -> QuerySet[RecordClaim]:
    """What this phone has asked for and what is not answered yet."""
    live = (ClaimStatus.ASKED, ClaimStatus.WAITING)
    return RecordClaim.objects.filter(account=account, status__in=live).order_by("asked_at")


@transaction.atomic
def answer_claim(
    *, account: Account, claim: RecordClaim, agrees: bool, now: datetime.datetime
) -> None:
    """Agree, which lets the other phone in at once, or object. Raises ClaimIsOver."""
    row = _next(Q(pk=claim.pk, status=ClaimStatus.WAITING))
    if row is None or not claims_to_answer(account).filter(pk=row.pk).exists():
        raise ClaimIsOver
    if agrees:
        _grant(row, now)
    else:
        _end(row, ClaimStatus.OBJECTED, now)


def withdraw_claim(*, account: Account, claim: RecordClaim, now: datetime.datetime) -> None:
    """The phone that asked takes it back. Raises ClaimIsOver."""
    live = RecordClaim.objects.filter(
        pk=claim.pk, account=account, status__in=(ClaimStatus.ASKED, ClaimStatus.WAITING)
    )
    if not live.update(status=ClaimStatus.WITHDRAWN, ended_at=now, question=""):
        raise ClaimIsOver


def forget_claims(now: datetime.datetime) -> int:
    """Delete claims that ended a year ago; what came of them stands in the person's log."""
    return RecordClaim.objects.filter(ended_at__lt=now - 365 * DAY).delete()[0]
