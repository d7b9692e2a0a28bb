"""Reading people and places: ready querysets."""

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from registration.models import (
    Account,
    AdministrativeUnit,
    Citizen,
    HouseholdMember,
    RecordAccess,
    ShotRegistration,
    UnitKind,
)
from vaxplatform.vietnam import search_key


def provinces_in_use() -> QuerySet[AdministrativeUnit]:
    """The provinces that forms offer (settings.PLACES_SCHEME), by name."""
    return AdministrativeUnit.objects.of_scheme(settings.PLACES_SCHEME).provinces().order_by("name")


def districts_in_use() -> QuerySet[AdministrativeUnit]:
    """The districts of the scheme in use, by province and name; none since the reform of 2025."""
    units = AdministrativeUnit.objects.of_scheme(settings.PLACES_SCHEME)
    return (
        units.filter(kind=UnitKind.DISTRICT)
        .select_related("parent")
        .order_by("parent__name", "name")
    )


def wards_of(province: AdministrativeUnit) -> QuerySet[AdministrativeUnit]:
    """The wards of a province; those of 2021 hang under districts."""
    return AdministrativeUnit.objects.filter(
        Q(parent=province) | Q(parent__parent=province), kind=UnitKind.WARD
    ).select_related("parent")


def unit_by_code(*, kind: UnitKind, code: str) -> AdministrativeUnit | None:
    """The unit with this code: of the scheme in use, else of the other reform."""
    return units_by_code(kind=kind, codes=[code]).get(code)


def units_by_code(*, kind: UnitKind, codes: Collection[str]) -> dict[str, AdministrativeUnit]:
    """The units of `codes`, each by its code, in one query; unknown codes are left out.

    Where a code stands in both reforms it is that of the scheme in use.
    """
    in_use_last = Case(
        When(scheme=settings.PLACES_SCHEME, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    units = AdministrativeUnit.objects.filter(kind=kind, code__in=codes).select_related("parent")
    return {unit.code: unit for unit in units.order_by(in_use_last)}


def name_matches(typed: str) -> Q:
    """Citizens whose name holds every typed word, accents aside."""
    condition = Q()
    for word in search_key(typed).split():
        condition &= Q(search_name__contains=word)
    return condition


def household_of(account: Account) -> QuerySet[Citizen]:
    """The people for whom this phone speaks, in the order in which they joined."""
    return Citizen.objects.filter(households__account=account).order_by("households__joined_at")


def local_units_of(province: AdministrativeUnit) -> QuerySet[AdministrativeUnit]:
    """Where people of a province can live: its wards, and the island districts that have none."""
    return AdministrativeUnit.objects.filter(
        Q(parent=province) | Q(parent__parent=province),
        Q(kind=UnitKind.WARD) | Q(kind=UnitKind.DISTRICT, children__isnull=True),
    ).select_related("parent")


def registrations_of(citizen: Citizen) -> QuerySet[ShotRegistration]:
    """A person's registrations, the latest first."""
    return citizen.registrations.select_related("group", "citizen").order_by("-submitted_at")


def accesses_of(citizen: Citizen) -> QuerySet[RecordAccess]:
    """Who looked at the person's record, the latest first."""
    return citizen.accesses.select_related("account").order_by("-at")


@dataclass(frozen=True)
class Reached:
    """A phone that reaches a person, and the language that it is written to in."""

    phone: str
    language: str


def phones_that_reach(citizens: Collection[Citizen]) -> dict[int, Reached]:
    """One phone for each of these people who has any, by primary key: that of the household, the
    person's own first, else the one that was written down at the site. Two queries."""
    own = {citizen.pk: citizen.phone for citizen in citizens}
    members = HouseholdMember.objects.filter(
        citizen__in=own, account__is_active=True, account__phone__isnull=False
    ).order_by("joined_at", "pk")
    found: dict[int, Reached] = {}
    for citizen_id, phone, language in members.values_list(
        "citizen", "account__phone", "account__language"
    ):
        if phone and (citizen_id not in found or phone == own[citizen_id]):
            found[citizen_id] = Reached(phone, language)
    languages = dict(
        Account.objects.filter(
            phone__in={phone for pk, phone in own.items() if phone and pk not in found}
        ).values_list("phone", "language")
    )
    for pk, phone in own.items():
        if phone and pk not in found:
            found[pk] = Reached(phone, languages.get(phone, "vi"))
    return found
