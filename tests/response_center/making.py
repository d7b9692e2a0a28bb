"""What the tests of this app need besides tests/factories.py."""

import datetime
from typing import Any

from django.utils import timezone

from registration.models import Account, AdministrativeUnit, SmsMessage, UnitKind
from response_center.models import Case, CaseKind
from response_center.services.cases import ask_site, claim_case
from response_center.services.missing_dose import PaperDose
from response_center.services.opening import Report, open_case
from sites.models import Lot, Role
from tests.factories import make_account, make_citizen, make_staff, province


def make_report(**over: Any) -> Report:
    """A missing first dose, told by somebody without an account."""
    values: dict[str, Any] = {
        "kind": CaseKind.NO_CERTIFICATE,
        "phone": "+84912345678",
        "full_name": "Đinh Thị Lụa",
        "date_of_birth": "1954",
        "dose_number": 1,
    }
    return Report(**{**values, **over})


def make_case(*, now: datetime.datetime | None = None, **over: Any) -> Case:
    """A case of a household's person, through the service."""
    citizen = over.pop("citizen", None) or make_citizen()
    account = over.pop("by", None) or make_account(members=(citizen,))
    values = {"citizen": citizen, "phone": account.phone, "full_name": "", "date_of_birth": ""}
    report = make_report(**{**values, **over})
    return open_case(report=report, by=account, now=now or timezone.now())


def make_district(*, province_code: str = "27") -> AdministrativeUnit:
    """A district of 2021 with one ward, its only child."""
    above, number = province(province_code), AdministrativeUnit.objects.count()
    made: AdministrativeUnit | None = None
    for kind, name in ((UnitKind.DISTRICT, "Huyện Mẫu"), (UnitKind.WARD, "Xã Mẫu")):
        above = AdministrativeUnit.objects.create(
            scheme=2021,
            kind=kind,
            code=f"x{number % 10_000:04d}",
            name=name,
            full_name=name,
            search_name=name.lower(),
            parent=above,
        )
        made = made or above
    assert made is not None
    return made


def make_agent() -> Account:
    return make_staff(role=Role.AGENT)


def make_case_at_site(*, lot: Lot, now: datetime.datetime | None = None, **over: Any) -> Case:
    """A case that an agent has sent to the site of `lot`."""
    moment = now or timezone.now()
    case = make_case(site=lot.site, now=moment, **over)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=moment)
    return ask_site(case=case, agent=agent, question="Có phiếu tiêm không?", now=moment)


def make_paper(*, lot: Lot, **over: Any) -> PaperDose:
    values: dict[str, Any] = {
        "lot": lot,
        "administered_at": timezone.now() - datetime.timedelta(days=3),
        "dose_number": 1,
        "dose_kind": "primary",
        "vaccinator": "Lê Thị Mẫu",
    }
    return PaperDose(**{**values, **over})


def told(case: Case) -> list[str]:
    """The texts sent to the case's phone, codes aside."""
    rows = SmsMessage.objects.filter(phone=case.phone, is_code=False).order_by("pk")
    return list(rows.values_list("text", flat=True))
