"""Which people a phone speaks for, and what it may change of their record."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import Account, AdministrativeUnit, Citizen, HouseholdMember, RecordAccess
from registration.services.access import AccessPurpose, log_access
from registration.services.citizens import (
    CitizenDetails,
    IdentityDoesNotMatch,
    find_citizen_by_paper,
    resolve_citizens,
)
from vaxplatform.errors import DomainError

MAX_MEMBERS = 20
REFUSALS_A_DAY = 5


class PersonNeedsHelp(DomainError):
    """One answer for every way in which a record is not this account's to take.

    It does not say whether the number or the person is on record, nor what differs.
    """

    code = "person_needs_help"
    message = _(
        "We could not add this person with these details. Check the name, the date of birth and "
        "the number against the paper. If all is right, the response centre will help you."
    )


class HouseholdIsFull(DomainError):
    code = "household_is_full"
    message = _("A phone can speak for %(limit)d people at most.")


class NotInHousehold(DomainError):
    """This account does not speak for that person; pages answer 404."""

    code = "not_in_household"
    message = _("This person is not in your household.")


@dataclass(frozen=True)
class HomeDetails:
    """Where a person lives and works; the part of a record that the household may change."""

    province: AdministrativeUnit
    ward: AdministrativeUnit | None
    address: str
    occupation: str
    workplace: str


class RecordIsNotTheirs(Exception):
    """Carries who the record belongs to out of the transaction that is undone."""

    def __init__(self, citizen: Citizen | None) -> None:
        self.citizen = citizen
        super().__init__("refused")


@contextmanager
def refusals_on_record(account: Account) -> Iterator[None]:
    """Around the transaction of `take_person`: turns a refusal into the one answer, and keeps an
    attempt at somebody else's record where its owner can read it.

    Raises PersonNeedsHelp; an account that was refused five times in a day is refused outright.
    """
    since = timezone.now() - datetime.timedelta(days=1)
    refusals = RecordAccess.objects.filter(
        account=account, purpose=AccessPurpose.CLAIM_REFUSED, at__gt=since
    )
    if refusals[:REFUSALS_A_DAY].count() >= REFUSALS_A_DAY:
        raise PersonNeedsHelp
    try:
        yield
    except RecordIsNotTheirs as refusal:
        if refusal.citizen is not None:
            log_access(
                citizen=refusal.citizen, account=account, purpose=AccessPurpose.CLAIM_REFUSED
            )
        raise PersonNeedsHelp from None


def claim_person(*, account: Account, details: CitizenDetails) -> Citizen:
    """The person that `details` name, in the account's household from now on.

    Raises PersonNeedsHelp or HouseholdIsFull. Not to be called within a transaction: the trace of
    a refusal must stay.
    """
    with refusals_on_record(account), transaction.atomic():
        return take_person(account=account, details=details)


def take_person(*, account: Account, details: CitizenDetails) -> Citizen:
    """`claim_person` within the caller's transaction, itself within `refusals_on_record`.

    Nobody on record: a new citizen. On record: only if already in the household, or if the phone on
    record is the account's own, which its code has proven; a phone that was only typed proves
    nothing. A full household is refused before anything is looked up, so that it cannot be used
    to ask which numbers exist.
    """
    if HouseholdMember.objects.filter(account=account).count() >= MAX_MEMBERS:
        raise HouseholdIsFull(limit=MAX_MEMBERS)
    resolution = resolve_citizens(people=[details])
    (answer,) = resolution.answers
    if isinstance(answer, IdentityDoesNotMatch):
        owners = (find_citizen_by_paper(paper=paper) for paper in details.papers)
        raise RecordIsNotTheirs(next((owner for owner in owners if owner), None))
    if answer.pk is not None:
        is_member = HouseholdMember.objects.filter(account=account, citizen=answer).exists()
        if not is_member and answer.phone != account.phone:
            raise RecordIsNotTheirs(answer)
    resolution.save(positions=[0])
    join(account=account, citizen=answer)
    return answer


@transaction.atomic
def join(*, account: Account, citizen: Citizen) -> None:
    """Let the account speak for the person; nothing changes if it does. Raises HouseholdIsFull."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    members = HouseholdMember.objects.filter(account=account)
    if members.filter(citizen=citizen).exists():
        return
    if members.count() >= MAX_MEMBERS:
        raise HouseholdIsFull(limit=MAX_MEMBERS)
    HouseholdMember.objects.create(account=account, citizen=citizen)


def require_member(*, account: Account, citizen: Citizen) -> None:
    """Raises NotInHousehold unless the account speaks for the person."""
    if not HouseholdMember.objects.filter(account=account, citizen=citizen).exists():
        raise NotInHousehold


@transaction.atomic
def change_home(*, account: Account, citizen: Citizen, home: HomeDetails) -> None:
    """Change where the person lives and works; name, birth and papers need a correction request.

    Raises NotInHousehold.
    """
    require_member(account=account, citizen=citizen)
    citizen.province = home.province
    citizen.ward = home.ward
    citizen.address = home.address
    citizen.occupation = home.occupation
    citizen.workplace = home.workplace
    citizen.save(update_fields=["province", "ward", "address", "occupation", "workplace"])
