"""Registering for a shot."""

import datetime
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.models import (
    LIVE_REGISTRATION,
    Account,
    AdministrativeUnit,
    Citizen,
    PriorityGroup,
    ShotRegistration,
)
from registration.rules import days_to_wish, needs_guardian
from registration.services.check_in_codes import check_in_code_for
from registration.services.citizens import CitizenDetails
from registration.services.households import (
    HomeDetails,
    change_home,
    refusals_on_record,
    require_member,
    take_person,
)
from registration.services.sms import queue_sms
from vaxplatform import formatting
from vaxplatform.errors import DomainError, InvalidInput
from vaxplatform.vietnam import day_in_vietnam

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without look-alikes: 0 O, 1 I L, U V
CODE_ATTEMPTS = 5
HISTORY_ANSWERS = frozenset({"yes", "no", "unknown"})


class AlreadyRegistered(DomainError):
    """A person has one live registration at a time."""

    code = "already_registered"
    message = _("This person already has a registration under way: %(registration)s.")


class DayCannotBeWished(InvalidInput):
    code = "day_cannot_be_wished"
    message = _("Choose a day from %(first)s to %(last)s.")
    field = "wanted_on"


class ConsentIsNeeded(InvalidInput):
    code = "consent_is_needed"
    message = _("Without your consent the registration cannot be sent.")
    field = "consent"


class GuardianIsNeeded(InvalidInput):
    code = "guardian_is_needed"
    message = _(
        "A person under 18 needs a father, a mother or a guardian who agrees. Name that person."
    )
    field = "guardian_name"


@dataclass(frozen=True)
class Guardian:
    """Who agrees for a person under 18; `relation` a GuardianRelation, `phone` E.164 or empty."""

    name: str
    relation: str
    phone: str = ""


@dataclass(frozen=True)
class ShotWish:
    """What is wanted. `medical_history`: question code → yes, no or unknown; `place`: where, None
    for where the person lives."""

    group: PriorityGroup
    wanted_on: datetime.date
    wanted_half: str
    dose_number: int
    dose_kind: str
    medical_history: dict[str, str]
    consent: bool
    guardian: Guardian | None = None
    place: AdministrativeUnit | None = None


def check_day(day: datetime.date, *, now: datetime.datetime) -> None:
    """Raises DayCannotBeWished for a day that no registration may name."""
    days = days_to_wish(day_in_vietnam(now))
    if day not in days:
        raise DayCannotBeWished(first=formatting.day(days[0]), last=formatting.day(days[-1]))


def check_wish(wish: ShotWish, *, date_of_birth: str, now: datetime.datetime) -> None:
    """Raises ConsentIsNeeded, DayCannotBeWished, GuardianIsNeeded or InvalidInput."""
    if not wish.consent:
        raise ConsentIsNeeded
    check_day(wish.wanted_on, now=now)
    if wish.guardian is None and needs_guardian(date_of_birth, on=day_in_vietnam(now)):
        raise GuardianIsNeeded
    if not HISTORY_ANSWERS.issuperset(wish.medical_history.values()):
        raise InvalidInput(field="medical_history")


def submit_registration(
    *,
    account: Account,
    person: CitizenDetails | Citizen,
    home: HomeDetails,
    wish: ShotWish,
    now: datetime.datetime,
) -> ShotRegistration:
    """Register `person`, a member of the household or somebody new, for a shot.

    One transaction: person, household, registration, check-in code and the SMS that confirms it.
    Raises PersonNeedsHelp, HouseholdIsFull, NotInHousehold, AlreadyRegistered, DayCannotBeWished,
    ConsentIsNeeded, GuardianIsNeeded; nothing is written then, but for the trace of an attempt at
    another's record.
    """
    check_wish(wish, date_of_birth=person.date_of_birth, now=now)
    if isinstance(person, Citizen):
        return _submit(account=account, citizen=person, home=home, wish=wish, now=now)
    return _submit_for_new(account=account, details=person, home=home, wish=wish, now=now)


def _submit_for_new(
    *,
    account: Account,
    details: CitizenDetails,
    home: HomeDetails,
    wish: ShotWish,
    now: datetime.datetime,
) -> ShotRegistration:
    with refusals_on_record(account), transaction.atomic():
        citizen = take_person(account=account, details=details)
        return _submit(account=account, citizen=citizen, home=home, wish=wish, now=now)


@transaction.atomic
def _submit(
    *,
    account: Account,
    citizen: Citizen,
    home: HomeDetails,
    wish: ShotWish,
    now: datetime.datetime,
) -> ShotRegistration:
    require_member(account=account, citizen=citizen)
    Citizen.objects.select_for_update(no_key=True).get(pk=citizen.pk)
    live = ShotRegistration.objects.filter(citizen=citizen, status__in=LIVE_REGISTRATION).first()
    if live is not None:
        raise AlreadyRegistered(registration=live.code)
    change_home(account=account, citizen=citizen, home=home)
    registration = made_of(account=account, citizen=citizen, wish=wish, now=now)
    registration.code = free_codes(1)[0]
    registration.save(force_insert=True)
    check_in_code_for(citizen=citizen, now=now)
    _confirm(account=account, registration=registration, now=now)
    return registration


def new_code() -> str:
    """A registration code such as DK-4M7P-2Q: to be read out, not to be guessed from another."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
    return f"DK-{letters[:4]}-{letters[4:]}"


def free_codes(count: int) -> list[str]:
    """So many codes that no registration has."""
    free: list[str] = []
    for _attempt in range(CODE_ATTEMPTS):
        drawn = list(dict.fromkeys(new_code() for _ in range(count - len(free))))
        taken = set(
            ShotRegistration.objects.filter(code__in=drawn).values_list("code", flat=True)
        ).union(free)
        free += [code for code in drawn if code not in taken]
        if len(free) == count:
            break
    return free


def made_of(
    *, account: Account, citizen: Citizen, wish: ShotWish, now: datetime.datetime
) -> ShotRegistration:
    """The registration of a wish, without its code and not saved yet."""
    guardian = wish.guardian or Guardian("", "")
    return ShotRegistration(
        citizen=citizen,
        registered_by=account,
        dose_number=wish.dose_number,
        dose_kind=wish.dose_kind,
        group=wish.group,
        wanted_on=wish.wanted_on,
        wanted_half=wish.wanted_half,
        wanted_place=wish.place,
        guardian_name=guardian.name,
        guardian_relation=guardian.relation,
        guardian_phone=guardian.phone,
        medical_history=wish.medical_history,
        consented_at=now,
        submitted_at=now,
    )


def _confirm(*, account: Account, registration: ShotRegistration, now: datetime.datetime) -> None:
    """To the proven phone only: a number that was typed may be a stranger's."""
    if account.phone is None:
        return
    with translation.override(account.language):
        text = gettext(
            "Registration %(code)s for %(day)s is received. Its state stands in your health book."
        )
        values = {"code": registration.code, "day": formatting.day(registration.wanted_on)}
        queue_sms(phone=account.phone, text=text % values, now=now)
