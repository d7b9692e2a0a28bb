"""Plain functions that make what a test needs, through the services where there is one."""

import datetime
import hashlib
import itertools
import uuid
from typing import Any

from django.utils import timezone

from registration.models import (
    Account,
    AdministrativeUnit,
    Citizen,
    HalfDay,
    HouseholdMember,
    PriorityGroup,
    ShotRegistration,
    UnitKind,
)
from registration.services.citizens import CitizenDetails, Paper, find_or_create_citizen
from sites.models import (
    Dose,
    Lot,
    MovementKind,
    Role,
    Session,
    SessionPart,
    SessionStatus,
    Site,
    StaffPosting,
    StockMovement,
    Vaccine,
)
from sites.services.doses import DoseItem, record_dose

ASTRAZENECA = "EU/1/21/1529"
COMIRNATY = "EU/1/20/1528"
ABDALA = "Abdala"
JANSSEN = "EU/1/20/1525"
PASSWORD = "mat-khau-thu-nghiem-1"  # noqa: S105

_count = itertools.count(1)


def province(code: str = "79") -> AdministrativeUnit:
    return AdministrativeUnit.objects.get(scheme=2021, kind=UnitKind.PROVINCE, code=code)


def vaccine(code: str = ASTRAZENECA) -> Vaccine:
    return Vaccine.objects.get(code=code)


def make_details(**over: Any) -> CitizenDetails:
    """Details of a new person with a CCCD of her own."""
    n = next(_count)
    values: dict[str, Any] = {
        "full_name": "Nguyễn Thị Ánh Tuyết",
        "date_of_birth": "1987-03-12",
        "sex": "female",
        "province_id": province().pk,
        "phone": f"+8490{n:07d}",
        "papers": (Paper("cccd", f"079187{n:06d}"),),
    }
    return CitizenDetails(**{**values, **over})


def make_citizen(**over: Any) -> Citizen:
    return find_or_create_citizen(details=make_details(**over))


def make_account(*, phone: str | None = None, members: tuple[Citizen, ...] = ()) -> Account:
    """A citizen's account; `members` are the people for whom it speaks."""
    account = Account.objects.create(phone=phone or f"+8491{next(_count):07d}")
    for citizen in members:
        HouseholdMember.objects.create(account=account, citizen=citizen)
    return account


def make_site(*, province_code: str = "79", **over: Any) -> Site:
    n = next(_count)
    values = {"code": f"S{n:05d}", "name": f"Trạm y tế {n}", "province": province(province_code)}
    return Site.objects.create(**{**values, **over})


def make_staff(*, role: Role = Role.SITE_RECORDER, **place: Any) -> Account:
    """A staff login with a posting: `site=` or `province=` as the role needs."""
    n = next(_count)
    account = Account.objects.create_user(
        f"staff{n}", PASSWORD, is_staff=True, full_name=f"Nhân viên {n}"
    )
    StaffPosting.objects.create(account=account, role=role, **place)
    return account


def make_session(*, site: Site, on: datetime.date | None = None, **over: Any) -> Session:
    values = {
        "site": site,
        "held_on": on or timezone.localdate(),
        "part": SessionPart.DAY,
        "status": SessionStatus.OPEN,
    }
    return Session.objects.create(**{**values, **over})


def make_lot(*, site: Site, doses: int = 100, code: str = ASTRAZENECA, **over: Any) -> Lot:
    """A lot with a receipt of `doses` in its ledger."""
    values: dict[str, Any] = {
        "site": site,
        "vaccine": vaccine(code),
        "number": f"LOT{next(_count):04d}",
        "expires_on": datetime.date(2030, 12, 31),
        "doses_received": doses,
    }
    lot = Lot.objects.create(**{**values, **over})
    StockMovement.objects.create(lot=lot, kind=MovementKind.RECEIVED, doses=doses)
    return lot


def make_item(*, lot: Lot, **over: Any) -> DoseItem:
    """A dose request: the first dose of a new person, given an hour ago."""
    key = over.pop("idempotency_key", None) or uuid.uuid4()
    values: dict[str, Any] = {
        "idempotency_key": key,
        "digest": hashlib.sha256(key.bytes).digest(),
        "citizen": make_details(),
        "dose_number": 1,
        "dose_kind": "primary",
        "vaccine_code": lot.vaccine.code,
        "lot_number": lot.number,
        "administered_at": timezone.now() - datetime.timedelta(hours=1),
        "vaccinator": "Lê Thị Mẫu",
    }
    return DoseItem(**{**values, **over})


def make_dose(*, lot: Lot | None = None, now: datetime.datetime | None = None, **over: Any) -> Dose:
    """A recorded dose, through the service."""
    lot = lot or make_lot(site=make_site())
    item = make_item(lot=lot, **over)
    return record_dose(item=item, site=lot.site, now=now or timezone.now()).dose


def make_registration(*, citizen: Citizen | None = None, **over: Any) -> ShotRegistration:
    values: dict[str, Any] = {
        "code": f"DK-{next(_count):06d}",
        "citizen": citizen or make_citizen(),
        "dose_number": 1,
        "group": PriorityGroup.objects.get(number=9),
        "wanted_on": timezone.localdate(),
        "wanted_half": HalfDay.MORNING,
        "consented_at": timezone.now(),
    }
    return ShotRegistration.objects.create(**{**values, **over})
