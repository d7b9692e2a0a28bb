"""Which phones see a person's record, and how a household comes to a new number."""

import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.models import Account, Citizen, CodePurpose, HouseholdMember
from registration.services.access import AccessPurpose, log_access
from registration.services.accounts import AccountClosed
from registration.services.codes import check_code
from registration.services.households import join, require_member
from registration.services.sms import queue_sms
from vaxplatform import formatting
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import mask_phone


class CannotEndThisPhone(DomainError):
    code = "cannot_end_this_phone"
    message = _("That phone was there before yours. The response centre helps you.")


class NumberIsInUse(DomainError):
    code = "number_is_in_use"
    message = _("The number on record sees this health book itself, and can change it there.")


class TooEarlyToReplace(DomainError):
    code = "too_early_to_replace"
    message = _(
        "Your phone has seen this record for a short time only. You can put your number on it from "
        "%(day)s; before that the response centre helps you."
    )


class SameNumber(DomainError):
    code = "same_number"
    message = _("This is the number that you have now.")
    field = "phone"


SETTLED_AFTER = datetime.timedelta(days=30)


def memberships_of(citizen: Citizen) -> QuerySet[HouseholdMember]:
    """The phones that see the record, in the order in which they joined."""
    return citizen.households.select_related("account").order_by("joined_at", "pk")


def may_end(*, account: Account, membership: HouseholdMember) -> bool:
    """A phone may always go itself; it may end those that came after it, and the phone on record
    may end any: so nobody who was let in can shut out who was there."""
    if membership.account_id == account.pk:
        return True
    citizen = membership.citizen
    if citizen.phone and membership.account.phone == citizen.phone:
        return False
    mine = HouseholdMember.objects.filter(account=account, citizen=citizen).first()
    if mine is None:
        return False
    is_on_record = bool(citizen.phone) and account.phone == citizen.phone
    return is_on_record or (mine.joined_at, mine.pk) < (membership.joined_at, membership.pk)


@transaction.atomic
def end_phone(*, account: Account, membership: HouseholdMember, now: datetime.datetime) -> None:
    """The phone of `membership` no longer sees the record; the record itself stays as it is.

    Raises NotInHousehold or CannotEndThisPhone.
    """
    citizen = membership.citizen
    require_member(account=account, citizen=citizen)
    if not may_end(account=account, membership=membership):
        raise CannotEndThisPhone
    membership.delete()
    log_access(citizen=citizen, account=account, purpose=AccessPurpose.PHONE_ENDED)
    if membership.account_id != account.pk:
        words = _("Another phone of the household has ended your view of a health book.")
        _tell(membership.account.phone or "", membership.account.language, words, now)


def _tell(phone: str, language: str, text: "str | Promise", now: datetime.datetime) -> None:
    with translation.override(language):
        queue_sms(phone=phone, text=str(text), now=now)


@transaction.atomic
def put_on_record(*, account: Account, citizen: Citizen, now: datetime.datetime) -> None:
    """The account's number stands on the person's record from now on; the one before is told.

    Another's number is replaced only by a phone that has seen the record for 30 days: until then
    its owner can sign in and end the other. Raises NotInHousehold, TooEarlyToReplace, or
    NumberIsInUse where the number on record sees the record itself.
    """
    require_member(account=account, citizen=citizen)
    row = Citizen.objects.select_for_update(no_key=True).get(pk=citizen.pk)
    old = row.phone
    if old == account.phone:
        return
    if old and HouseholdMember.objects.filter(citizen=row, account__phone=old).exists():
        raise NumberIsInUse
    joined_at = HouseholdMember.objects.get(account=account, citizen=row).joined_at
    if old and now < joined_at + SETTLED_AFTER:
        raise TooEarlyToReplace(day=formatting.day(joined_at + SETTLED_AFTER))
    row.phone = account.phone or ""
    row.save(update_fields=["phone"])
    log_access(citizen=row, account=account, purpose=AccessPurpose.NUMBER_CHANGED)
    if old:
        words = _(
            "This number was taken off a vaccination record. Not right? Call the response centre."
        )
        _tell(old, account.language, words, now)


def move_to_number(
    *, account: Account, phone: str, session_key: str, code: str, now: datetime.datetime
) -> Account:
    """The household under its new number, which the code proves; the caller has proven the one
    until now and logs the returned account in. Other sessions of the account end.

    Where the new number has a household already the people join it. Raises WrongCode, SameNumber,
    AccountClosed or HouseholdIsFull. Not to be called within a transaction.
    """
    if phone == account.phone:
        raise SameNumber
    check_code(
        phone=phone, purpose=CodePurpose.MOVE_TO, session_key=session_key, code=code, now=now
    )
    with transaction.atomic():
        return _move(account, phone, now)


def _move(account: Account, phone: str, now: datetime.datetime) -> Account:
    mine = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    old = mine.phone or ""
    people = list(Citizen.objects.filter(households__account=mine).order_by("pk"))
    target = Account.objects.select_for_update(no_key=True).filter(phone=phone).first()
    if target is not None:
        if not target.is_active:
            raise AccountClosed(field="phone")
        for citizen in people:
            join(account=target, citizen=citizen)
        HouseholdMember.objects.filter(account=mine).delete()
    else:
        target, mine.phone = mine, phone
    mine.set_unusable_password()  # a new one each time: whoever else is signed in, is no longer
    mine.save(update_fields=["phone", "password"])
    for citizen in people:
        if citizen.phone == old:
            citizen.phone = phone
            citizen.save(update_fields=["phone"])
        log_access(citizen=citizen, account=target, purpose=AccessPurpose.NUMBER_CHANGED)
    words = _("Your health book has moved to %(phone)s. Not you? Call the response centre.")
    with translation.override(mine.language):
        queue_sms(phone=old, text=str(words) % {"phone": mask_phone(phone)}, now=now)
    return target
