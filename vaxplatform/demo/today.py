"""The demo's day: doses since this morning, a session with people waiting, and what went wrong."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from random import Random

from django.db import connection

from certificates.hcert.issue import CertificateBatchSigner
from certificates.models import Certificate, IssuanceJob, JobState
from certificates.services import keys
from certificates.services.issuance import certified_content
from certificates.services.payload import expires_at
from registration.models import Account, Citizen, HalfDay, PriorityGroup
from registration.services.citizens import CitizenDetails, Paper, find_or_create_citizen
from registration.services.households import HomeDetails, join
from registration.services.registrations import ShotWish, submit_registration
from sites.models import Dose, Lot, ScreeningQuestion, Session, Site, Visit
from sites.services.doses import DoseItem, Recorded, record_dose, record_doses
from sites.services.sessions import book_appointment
from sites.services.visits import check_in, form_in_force, record_visit_dose, screen
from vaxplatform.demo import logins
from vaxplatform.vietnam import day_in_vietnam, start_of_day

MORNING = datetime.timedelta(hours=7, minutes=30)
HEALTHY = {
    "temperature": Decimal("36.6"),
    "pulse": Decimal(76),
    "systolic": Decimal(122),
    "diastolic": Decimal(78),
    "breathing": Decimal(17),
}


def minutes(count: float) -> datetime.timedelta:
    return datetime.timedelta(minutes=count)


def dose_item(
    *,
    key: str,
    citizen: CitizenDetails | Citizen,
    lot: Lot,
    given_at: datetime.datetime,
    number: int = 1,
    source: str = "live",
) -> DoseItem:
    """A dose of the demo; `key` names it, so that it is the same each time."""
    idempotency_key = uuid.uuid5(uuid.NAMESPACE_OID, f"vaxplatform demo {key}")
    return DoseItem(
        idempotency_key=idempotency_key,
        digest=sha256(idempotency_key.bytes).digest(),
        citizen=citizen,
        dose_number=number,
        dose_kind="primary",
        vaccine_code=lot.vaccine.code,
        lot_number=lot.number,
        administered_at=given_at,
        vaccinator="Ngô Thị Hạnh",
        source=source,
    )


class Today:
    """What happened since the morning. `people` yields as many strangers as are asked for."""

    def __init__(
        self,
        *,
        random: Random,
        now: datetime.datetime,
        lots: dict[int, list[Lot]],
        people: Iterator[CitizenDetails],
    ) -> None:
        self.random = random
        self.now = now
        self.today = day_in_vietnam(now)
        self.lots = lots
        self.people = people
        morning = start_of_day(self.today) + MORNING
        # In the small hours the demo's day began at midnight.
        self.began_at = morning if now > morning + minutes(90) else start_of_day(self.today)

    # ---------------------------------------------------------------- doses since the morning
    def record_live_doses(self, *, sites: Sequence[Site], count: int) -> int:
        """`count` doses recorded as they were given; the latest wait for their half hour."""
        room = (self.now - self.began_at).total_seconds() - 60
        by_site: defaultdict[Site, list[DoseItem]] = defaultdict(list)
        for number in range(count):
            given_at = self.began_at + datetime.timedelta(seconds=self.random.uniform(0, room))
            site = self.random.choice(sites)
            lot = self.random.choice(self.lots[site.pk])
            by_site[site].append(
                dose_item(
                    key=f"live {number}", citizen=next(self.people), lot=lot, given_at=given_at
                )
            )
        recorded = [
            outcome.dose.pk
            for site, items in by_site.items()
            for outcome in record_doses(items=items, site=site, now=self.now)
            if isinstance(outcome, Recorded)
        ]
        self._record_when_given(recorded)
        self._issue_in_time(recorded)
        return len(recorded)

    def _record_when_given(self, dose_ids: list[int]) -> None:
        """Let these doses be known since a minute after the injection, as if we had been there."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE vaccination_sites_dose
                   SET recorded_at = administered_at + interval '50 seconds' WHERE id = ANY(%s);
                UPDATE certificates_issuancejob j
                   SET due_at = d.administered_at + w.delay, next_at = d.administered_at + w.delay,
                       deadline_at = d.administered_at + w.deadline, queued_at = d.recorded_at
                  FROM vaccination_sites_dose d,
                       (SELECT make_interval(secs => current_setting(
                                   'vax.certificate_delay_seconds')::int) AS delay,
                               make_interval(secs => current_setting(
                                   'vax.certificate_deadline_seconds')::int) AS deadline) w
                 WHERE j.dose_id = d.id AND d.id = ANY(%s);
                """,
                [dose_ids, dose_ids],
            )

    def _issue_in_time(self, dose_ids: list[int]) -> None:
        """Sign what was due by now at the moment at which workers would have; a few came late."""
        key, signer = keys.load_signer(now=self.now)
        batch = CertificateBatchSigner(signer)
        jobs = IssuanceJob.objects.filter(pk__in=dose_ids, due_at__lt=self.now - minutes(1))
        contents = certified_content([job.pk for job in jobs])
        issued = []
        for job in jobs.order_by("pk"):
            content = contents[job.pk]
            if content is None:
                continue
            is_late = self.random.random() < 0.03
            wait = 30 + 25 * self.random.random() if is_late else self.random.triangular(0.2, 29, 6)
            at = min(job.due_at + minutes(wait), self.now)
            until = expires_at(issued_at=at, key_ends_at=key.not_after)
            issued.append(
                Certificate(
                    dose_id=job.pk,
                    uvci=content["v"][0]["ci"],
                    hcert=batch.sign(content, issued_at=at, expires_at=until),
                    key=key,
                    issued_at=at,
                    expires_at=until,
                )
            )
        Certificate.objects.bulk_create(issued)
        IssuanceJob.objects.filter(pk__in=[c.dose_id for c in issued]).update(
            state=JobState.ISSUED, attempts=1
        )

    # ---------------------------------------------------------------- the session at our site
    def hold_session(self, *, session: Session, staff: dict[str, Account]) -> None:
        """People at every desk: called for today, waiting, cleared, under observation."""
        visits = [self._arrive(session, staff["tiepdon"], ago=48 - 3 * n) for n in range(14)]
        for number, visit in enumerate(visits[:8]):
            self._screen(visit, staff["bacsi"], ago=40 - 3 * number)
        for number, visit in enumerate(visits[:5]):
            self._inject(visit, staff["tiepdon"], ago=36 - 6 * number)
        for number in range(10):
            self._book(session, number)

    def _past(self, ago: float) -> datetime.datetime:
        """`ago` minutes before now, but not before midnight: a session is of one day."""
        return max(self.now - minutes(ago), start_of_day(self.today))

    def _arrive(self, session: Session, by: Account, *, ago: float) -> Visit:
        citizen = find_or_create_citizen(details=next(self.people))
        return check_in(session=session, citizen=citizen, by=by, now=self._past(ago)).visit

    def _screen(self, visit: Visit, by: Account, *, ago: float) -> None:
        form = form_in_force(on=self.today)
        codes = ScreeningQuestion.objects.filter(form=form).values_list("code", flat=True)
        screen(
            visit=visit,
            answers=dict.fromkeys(codes, "no"),
            vitals=HEALTHY,
            decision="inject",
            override_reason="",
            by=by,
            now=self._past(ago),
        )

    def _inject(self, visit: Visit, by: Account, *, ago: float) -> None:
        at = self._past(ago)
        record_visit_dose(
            visit=visit,
            lot=self.lots[visit.session.site_id][0],
            dose_number=1,
            dose_kind="primary",
            vaccinator=by.get_full_name(),
            idempotency_key=uuid.uuid5(uuid.NAMESPACE_OID, f"demo visit {visit.number}"),
            by=by,
            now=at,
        )

    def _book(self, session: Session, number: int) -> None:
        """A citizen with an account who is called for today and has not come yet."""
        details = next(self.people)
        citizen = find_or_create_citizen(details=details)
        account = Account.objects.create(phone=f"+8490009{number:04d}")
        join(account=account, citizen=citizen)
        registration = submit_registration(
            account=account, person=citizen, home=home_of(citizen), wish=self._wish(), now=self.now
        )
        book_appointment(session=session, registration=registration, now=self.now)

    def _wish(self) -> ShotWish:
        return ShotWish(
            group=PriorityGroup.objects.get(number=self.random.choice([8, 9, 13])),
            wanted_on=self.today + datetime.timedelta(days=1),
            wanted_half=HalfDay.MORNING,
            dose_number=1,
            dose_kind="primary",
            medical_history={},
            consent=True,
        )

    # ---------------------------------------------------------------- the household of the demo
    def make_household(self, *, site: Site) -> dict[str, Citizen]:
        """Behind the demo's phone: one with both certificates, one whose certificate is on its
        way, one who was vaccinated where they work on paper."""
        account = Account.objects.create(phone=logins.PHONE)
        lot = next(lot for lot in self.lots[site.pk] if lot.vaccine.code == "EU/1/21/1529")
        family = {
            name: find_or_create_citizen(
                details=CitizenDetails(
                    full_name=name,
                    date_of_birth=born,
                    sex=sex,
                    province_id=site.province_id,
                    ward_id=site.ward_id,
                    phone=logins.PHONE,
                    papers=(Paper("cccd", number),),
                )
            )
            for name, born, sex, number in (
                ("Nguyễn Thị Ánh Tuyết", "1987-03-12", "female", "001187000345"),
                ("Trần Thị Lụa", "1954", "female", "001154000618"),
                ("Nguyễn Văn Lợi", "1952-09-27", "male", "001052000207"),
            )
        }
        for citizen in family.values():
            join(account=account, citizen=citizen)
        complete, on_its_way, _on_paper = family.values()
        for number, days in ((1, 75), (2, 8)):
            item = dose_item(
                key=f"complete {number}",
                citizen=complete,
                lot=lot,
                given_at=self.now - datetime.timedelta(days=days),
                number=number,
                source="paper",
            )
            record_dose(item=item, site=site, now=self.now)
        item = dose_item(key="on its way", citizen=on_its_way, lot=lot, given_at=self._past(14))
        record_dose(item=item, site=site, now=self.now)
        return family

    def leave_one_for_review(self, *, site: Site) -> Dose:
        """A dose whose certificate cannot be written: the name on record has no Latin letter."""
        details = CitizenDetails(
            full_name="Иван Петров",
            date_of_birth="1979-05-02",
            sex="male",
            nationality="RU",
            province_id=site.province_id,
            papers=(Paper("passport", "750123456"),),
        )
        lot = self.lots[site.pk][0]
        given_at = self.now - datetime.timedelta(days=1)
        item = dose_item(key="review", citizen=details, lot=lot, given_at=given_at, source="paper")
        dose = record_dose(item=item, site=site, now=self.now).dose
        IssuanceJob.objects.filter(pk=dose.pk).update(
            state=JobState.NEEDS_REVIEW,
            attempts=5,
            last_error="a family name needs at least one Latin letter",
        )
        return dose

    def leave_one_twice(self, *, site: Site) -> None:
        """A man on record twice: first with his old card, then with the new one."""
        lot = next(lot for lot in self.lots[site.pk] if lot.vaccine.code == "EU/1/21/1529")
        for number, days, paper in (
            (1, 90, Paper("cmnd", "011873452")),
            (2, 20, Paper("cccd", "001064000873")),
        ):
            details = CitizenDetails(
                full_name="Đặng Văn Khôi",
                date_of_birth="1964-11-05",
                sex="male",
                province_id=site.province_id,
                papers=(paper,),
            )
            item = dose_item(
                key=f"twice {number}",
                citizen=details,
                lot=lot,
                given_at=self.now - datetime.timedelta(days=days),
                number=number,
                source="paper",
            )
            record_dose(item=item, site=site, now=self.now)


def home_of(citizen: Citizen) -> HomeDetails:
    """Where this person lives and what she does, as the registration form asks it."""
    return HomeDetails(
        province=citizen.province,
        ward=citizen.ward,
        address=citizen.address,
        occupation="Lao động tự do",
        workplace="",
    )
