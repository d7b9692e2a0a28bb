"""The country in small: sites, staff, stock, people and their doses, through the services."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from django.db import transaction
from django.utils import timezone

from certificates.services import keys
from certificates.services.issuance import drain_due
from public_portal.services.reports import load_national_reports
from public_portal.services.rollups import refresh_all_statistics
from registration.models import Account, AdministrativeUnit, Citizen, UnitKind
from registration.selectors import provinces_in_use
from registration.services.citizens import CitizenDetails
from response_center.places import district_of
from response_center.services.duplicates import find_duplicates
from response_center.services.rounds import open_cases_for_stuck_certificates
from sites.models import (
    Lot,
    Session,
    SessionPart,
    SessionStatus,
    Site,
    StaffPosting,
    Vaccine,
)
from sites.services.doses import DoseItem, record_doses
from sites.services.stock import receive_lot
from vaxplatform.demo import logins
from vaxplatform.demo.cases import Desk
from vaxplatform.demo.events import report_events
from vaxplatform.demo.identity import check_people
from vaxplatform.demo.people import people
from vaxplatform.demo.today import Today, dose_item
from vaxplatform.demo.wrongs import report_from_paper, report_wrongs
from vaxplatform.vietnam import day_in_vietnam, start_of_day

SEED = 20210308
SET_SIZE = 500
# EU product code → (share of the demo's doses, days from dose 1 to dose 2)
SUPPLY = {
    "EU/1/21/1529": (45, (58, 80)),
    "EU/1/20/1528": (25, (22, 35)),
    "BBIBP-CorV": (20, (22, 28)),
    "EU/1/20/1507": (8, (29, 40)),
    "Abdala": (2, (15, 20)),
}


def is_empty() -> bool:
    return not Citizen.objects.exists() and not Site.objects.exists()


class Country:
    """One run of `seed_demo`: `build` adds everything, in the order in which it would happen."""

    def __init__(
        self, *, citizens: int, doses: int, now: datetime.datetime, say: Callable[[str], object]
    ) -> None:
        self.random = Random(SEED)
        self.citizens = citizens
        self.doses = doses
        self.now = now
        self.today = day_in_vietnam(now)
        self.say = say
        self.provinces = list(provinces_in_use())
        self.vaccines = {vaccine.code: vaccine for vaccine in Vaccine.objects.all()}

    @transaction.atomic
    def build(self) -> None:
        """Everything or nothing: a demo that was interrupted begins again."""
        # The first key is two days old, so that this morning's certificates could be signed.
        keys.ensure_signing_key(now=self.now - datetime.timedelta(days=2))
        self.wards = self._wards()
        self.sites = self._sites()
        self.lots = self._stock()
        self.staff = self._staff()
        self.say(f"{len(self.sites)} sites in {len(self.provinces)} provinces, stock, staff")
        self.everybody = self._people()
        recorded = self._record(self._history())
        self.say(f"{recorded} doses entered from paper")
        self._today()
        drain_due()
        checked = check_people(by=self.staff["boyte"], now=self.now, random=Random(SEED))
        self.say(f"{checked} people compared with the population database")
        self.say(f"{load_national_reports(now=self.now)} daily reports of the provinces")
        refresh_all_statistics(self.now)
        find_duplicates(timezone.now(), settled_after=datetime.timedelta())  # nobody else writes

    def _today(self) -> None:
        ours, paper = (
            Site.objects.get(code=code) for code in (logins.SITE_CODE, logins.PAPER_SITE_CODE)
        )
        elsewhere = [site for site in self.sites if site.on_platform and site != ours]
        busy = [ours, *elsewhere[: max(4, self.doses // 200)]]
        sessions = sessions_of_today(sites=busy, today=self.today)
        today = Today(random=self.random, now=self.now, lots=self.lots, people=self.everybody)
        recorded = today.record_live_doses(sites=busy, count=self.doses // 16)
        today.hold_session(
            session=next(session for session in sessions if session.site_id == ours.pk),
            staff=self.staff,
        )
        report_events(site=ours, by=self.staff["bacsi"], now=self.now)
        family = today.make_household(site=ours)
        today.leave_one_for_review(site=ours)
        today.leave_one_twice(site=ours)
        open_cases_for_stuck_certificates(self.now)
        report_wrongs(
            now=self.now, family=family, site=ours, paper_site=paper, agent=self.staff["dapung"]
        )
        Desk(now=self.now, staff=self.staff, site=ours, paper_site=paper).open_all()
        self.say(f"{recorded} doses of today, a session with people waiting, open cases")
        report_from_paper(site=paper, today=self.today, now=self.now, random=self.random)

    # ---------------------------------------------------------------- places, stock, staff
    def _wards(self) -> dict[int, list[int]]:
        """Province id → ids of its wards."""
        wards: defaultdict[int, list[int]] = defaultdict(list)
        rows = AdministrativeUnit.objects.of_scheme(2021).filter(kind=UnitKind.WARD)
        for pk, district_province in rows.order_by("code").values_list("pk", "parent__parent"):
            if district_province is not None:
                wards[district_province].append(pk)
        return dict(wards)

    def _sites(self) -> list[Site]:
        """Two sites a province: its centre for disease control, and a commune health station.

        Every third station works on paper.
        """
        rows = []
        names = dict(
            AdministrativeUnit.objects.filter(
                pk__in=[pk for wards in self.wards.values() for pk in wards]
            ).values_list("pk", "full_name")
        )
        for position, province in enumerate(self.provinces):
            ward = self.random.choice(self.wards[province.pk])
            rows.append(
                Site(
                    code=f"{province.code}-001",
                    name=f"Trung tâm Kiểm soát bệnh tật {province.name}",
                    province=province,
                    ward_id=ward,
                )
            )
            ward = self.random.choice(self.wards[province.pk])
            rows.append(
                Site(
                    code=f"{province.code}-002",
                    name=f"Trạm Y tế {names[ward]}",
                    province=province,
                    ward_id=ward,
                    on_platform=position % 3 != 0,
                )
            )
        return Site.objects.bulk_create(rows)

    def _stock(self) -> dict[int, list[Lot]]:
        """Site id → its lots; every site holds AstraZeneca and one or two products more."""
        lots: dict[int, list[Lot]] = {}
        per_site = max(400, 4 * self.doses // len(self.sites))
        others = [code for code in SUPPLY if code != "EU/1/21/1529"]
        for site in self.sites:
            codes = ["EU/1/21/1529", *self.random.sample(others, self.random.choice([1, 2]))]
            lots[site.pk] = [
                receive_lot(
                    site=site,
                    vaccine=self.vaccines[code],
                    number=f"{code[-3:].upper()}{self.random.randint(1000, 9999)}",
                    expires_on=self.today + datetime.timedelta(days=self.random.randint(20, 200)),
                    doses=per_site,
                    by=None,
                    now=self.now,
                )
                for code in codes
            ]
        return lots

    def _staff(self) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        site = Site.objects.get(code=logins.SITE_CODE)
        province = AdministrativeUnit.objects.get(
            scheme=2021, kind=UnitKind.PROVINCE, code=logins.PROVINCE_CODE
        )
        for username, (role, name, where) in logins.STAFF.items():
            account = accounts[username] = Account.objects.create_user(
                username, logins.PASSWORD, is_staff=True, full_name=name
            )
            StaffPosting.objects.create(
                account=account,
                role=role,
                site=site if where == "site" else None,
                district_id=district_of(site=site) if where == "district" else None,
                province=province if where == "province" else None,
            )
        return accounts

    # ---------------------------------------------------------------- people and doses
    def _history(self) -> Iterator[tuple[Site, DoseItem]]:
        """Doses of the last five months, entered from paper, each with its site; second doses
        where they are due."""
        sites_of: defaultdict[int, list[Site]] = defaultdict(list)
        for site in self.sites:
            sites_of[site.province_id].append(site)
        left = self.doses
        for number in range(self.citizens):
            if left <= 0:
                return
            details = next(self.everybody)
            site = self.random.choices(sites_of[details.province_id], [3, 1])[0]
            lots = self.lots[site.pk]
            lot = self.random.choices(lots, [SUPPLY[lot.vaccine.code][0] for lot in lots])[0]
            days_ago = self.random.triangular(1, 150, 45)
            for dose_number, given_at in self._moments(details, lot, days_ago):
                yield (
                    site,
                    dose_item(
                        key=f"history {number} {dose_number}",
                        citizen=details,
                        lot=lot,
                        given_at=given_at,
                        number=dose_number,
                        source="paper",
                    ),
                )
                left -= 1

    def _people(self) -> Iterator[CitizenDetails]:
        """Strangers without end."""
        return people(
            random=self.random,
            provinces=self.provinces,
            wards=self.wards,
            today=self.today,
        )

    def _moments(
        self, details: CitizenDetails, lot: Lot, days_ago: float
    ) -> Iterable[tuple[int, datetime.datetime]]:
        """(dose number, moment) of each dose that this person has had by now."""
        shortest, longest = SUPPLY[lot.vaccine.code][1]
        day = self.today - datetime.timedelta(days=int(days_ago))
        for dose_number in range(1, lot.vaccine.primary_doses + 1):
            moment = start_of_day(day) + datetime.timedelta(
                minutes=self.random.randint(7 * 60 + 30, 16 * 60 + 30)
            )
            if moment > self.now - datetime.timedelta(minutes=2):
                return
            yield dose_number, moment
            if not details.papers and not details.phone:
                return  # nobody would know this person again
            day += datetime.timedelta(days=self.random.randint(shortest, longest))

    def _record(self, doses: Iterable[tuple[Site, DoseItem]]) -> int:
        by_site: defaultdict[Site, list[DoseItem]] = defaultdict(list)
        for site, item in doses:
            by_site[site].append(item)
        recorded = 0
        for site, items in by_site.items():
            for start in range(0, len(items), SET_SIZE):
                part = items[start : start + SET_SIZE]
                outcomes = record_doses(items=part, site=site, now=self.now)
                recorded += sum(not isinstance(outcome, Exception) for outcome in outcomes)
        return recorded


def sessions_of_today(*, sites: Sequence[Site], today: datetime.date) -> list[Session]:
    """An open session today at each site that works on the platform."""
    return Session.objects.bulk_create(
        Session(
            site=site,
            held_on=today,
            part=SessionPart.DAY,
            status=SessionStatus.OPEN,
            seats=200,
        )
        for site in sites
        if site.on_platform
    )
