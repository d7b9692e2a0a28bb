"""Whatever happens to doses and reports, in whatever order, the rollups are what a plain counting
in Python, written apart from the SQL, finds."""

import datetime
import uuid
from collections import defaultdict

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from public_portal.models import DailyReport, ProvinceDay, SiteDay
from public_portal.services.rollups import drift_from_a_recount, refresh_statistics
from sites.models import Dose, Site, Vaccine
from tests.factories import (
    ABDALA,
    COMIRNATY,
    JANSSEN,
    make_citizen,
    make_lot,
    make_site,
    province,
    vaccine,
)

pytestmark = pytest.mark.django_db
ZONE = datetime.timezone(datetime.timedelta(hours=7))
FIRST_DAY = datetime.date(2021, 10, 1)

index = st.integers(0, 9)
few = st.integers(0, 2)
days = st.integers(0, 4)
# Minutes around both midnights, so that days in UTC and in Viet Nam differ.
minutes = st.sampled_from([0, 1, 419, 420, 421, 1439])
events = st.one_of(
    st.tuples(
        st.just("dose"),
        few,
        st.integers(1, 4),
        st.sampled_from(["primary", "additional", "booster"]),
        few,
        few,
        days,
        minutes,
    ),
    st.tuples(st.just("void"), index),
    st.tuples(st.just("move"), index, days, minutes),
    st.tuples(st.just("other vaccine"), index, few),
    st.tuples(st.just("other person"), index, few),
    st.tuples(
        st.just("report"),
        st.integers(0, 1),
        st.one_of(st.none(), few),
        st.one_of(st.none(), few),
        days,
        st.integers(0, 9),
        st.one_of(st.none(), st.integers(0, 9)),
    ),
    st.tuples(st.just("take report back"), index),
    st.tuples(st.just("move site"), few, st.integers(0, 1)),
    st.tuples(st.just("series"), few, st.integers(1, 3)),
    st.tuples(st.just("refresh")),
)


class World:
    """Three people, three sites in two provinces, three vaccines; `happen` applies an event."""

    def __init__(self):
        self.provinces = [province("01"), province("79")]
        self.sites = [make_site(province_code=code) for code in ("01", "79", "79")]
        self.vaccines = [vaccine(code) for code in (COMIRNATY, ABDALA, JANSSEN)]
        self.lots = [make_lot(site=site) for site in self.sites]
        self.people = [make_citizen() for _ in range(3)]

    def happen(self, kind, *values):
        getattr(self, kind.replace(" ", "_"))(*values)

    def dose(self, person, number, kind, product, site, day, minute):
        Dose.objects.create(
            citizen=self.people[person],
            dose_number=number,
            dose_kind=kind,
            vaccine=self.vaccines[product],
            lot=self.lots[site],
            site=self.sites[site],
            residence_province=self.provinces[0],
            administered_at=self.at(day, minute),
            vaccinator="Lê Thị Mẫu",
            source="paper",
            idempotency_key=uuid.uuid4(),
            request_digest=b"",
        )

    def at(self, day, minute):
        start = datetime.datetime.combine(FIRST_DAY, datetime.time(), ZONE)
        return start + datetime.timedelta(days=day, minutes=minute)

    def nth(self, model, n):
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        return model.objects.filter(pk=keys[n % len(keys)] if keys else 0)

    def void(self, n):
        self.nth(Dose, n).update(status="voided", void_reason="test")

    def move(self, n, day, minute):
        self.nth(Dose, n).update(administered_at=self.at(day, minute))

    def other_vaccine(self, n, product):
        self.nth(Dose, n).update(vaccine=self.vaccines[product])

    def other_person(self, n, person):
        self.nth(Dose, n).update(citizen=self.people[person])

    def report(self, where, site, product, day, doses, first):
        DailyReport.objects.create(
            province=self.provinces[where],
            site=None if site is None else self.sites[site],
            vaccine=None if product is None else self.vaccines[product],
            day=FIRST_DAY + datetime.timedelta(days=day),
            doses=max(doses, first or 0),
            first_doses=first,
        )

    def take_report_back(self, n):
        self.nth(DailyReport, n).delete()

    def move_site(self, site, where):
        Site.objects.filter(pk=self.sites[site].pk).update(province=self.provinces[where])

    def series(self, product, doses):
        Vaccine.objects.filter(pk=self.vaccines[product].pk).update(primary_doses=doses)

    def refresh(self):
        refresh_statistics()


def counted_doses():
    """{(site, province, day, vaccine): [doses, people first, people full, boosters]}."""
    rows = defaultdict(lambda: [0, 0, 0, 0])
    begun, full = set(), set()
    recorded = Dose.objects.filter(status="recorded").select_related("site", "vaccine")
    for dose in sorted(recorded, key=lambda d: (d.administered_at, d.pk)):
        day = dose.administered_at.astimezone(ZONE).date()
        row = rows[dose.site_id, dose.site.province_id, day, dose.vaccine_id]
        row[0] += 1
        row[1] += dose.citizen_id not in begun
        begun.add(dose.citizen_id)
        if dose.dose_kind == "primary" and dose.dose_number >= dose.vaccine.primary_doses:
            row[2] += dose.citizen_id not in full
            full.add(dose.citizen_id)
        row[3] += dose.dose_kind == "booster"
    return dict(rows)


def counted_reports():
    """{(province, day): (doses, first doses or None)}."""
    by_day = defaultdict(lambda: defaultdict(list))
    for row in DailyReport.objects.all():
        by_day[row.province_id, row.day][row.site_id].append(row)
    totals = {}
    for key, places in by_day.items():
        chosen = {None: places[None]} if None in places else places
        winning = []
        for rows in chosen.values():
            whole = [row for row in rows if row.vaccine_id is None]
            winning += whole or rows
        firsts = [row.first_doses for row in winning]
        totals[key] = (sum(row.doses for row in winning), None if None in firsts else sum(firsts))
    return totals


def expected_province_days():
    rows = defaultdict(lambda: [0, 0, 0, 0, None, None])
    for (_site, where, day, _product), counts in counted_doses().items():
        row = rows[where, day]
        row[:4] = [a + b for a, b in zip(row[:4], counts, strict=True)]
    for key, (doses, first) in counted_reports().items():
        rows[key][4:] = [doses, first]
    return {key: tuple(row) for key, row in rows.items()}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(events, min_size=1, max_size=25))
def test_the_rollups_equal_a_plain_recount_after_any_history(db, history):
    try:
        with transaction.atomic():
            world = World()
            for event in history:
                try:
                    with transaction.atomic():
                        world.happen(*event)
                except IntegrityError:  # a number or a report that is already there
                    continue
            refresh_statistics()
            sites = SiteDay.objects.values_list(
                "site",
                "province",
                "day",
                "vaccine",
                "doses",
                "people_first",
                "people_full",
                "boosters",
            )
            assert {row[:4]: list(row[4:]) for row in sites} == counted_doses()
            provinces = ProvinceDay.objects.values_list(
                "province",
                "day",
                "recorded",
                "people_first",
                "people_full",
                "boosters",
                "reported",
                "reported_first",
            )
            assert {row[:2]: row[2:] for row in provinces} == expected_province_days()
            assert drift_from_a_recount() == []
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    """Take the example's rows back."""
