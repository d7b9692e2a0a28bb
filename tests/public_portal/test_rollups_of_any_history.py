"""Whatever happens to doses and reports, in whatever order, the rollups are what a plain counting
in Python, written apart from the SQL, finds."""

import datetime
import uuid
from collections import defaultdict

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from public_portal.backlog import day_lines, provinces_progress, rest_of, sites_progress
from public_portal.models import (
    DailyReport,
    LateEntry,
    ProvinceDay,
    ProvinceVaccineDay,
    ResidenceDay,
    RestatedFigure,
    Restatement,
    SiteDay,
)
from public_portal.services.rollups import drift_from_a_recount, refresh_statistics
from registration.models import Citizen
from response_center.models import DuplicatePair
from response_center.services.joining import join, name_pair, propose_pair, take_apart
from sites.models import Dose, Role, Site, Vaccine
from tests.factories import (
    ABDALA,
    COMIRNATY,
    JANSSEN,
    make_citizen,
    make_lot,
    make_site,
    make_staff,
    province,
    vaccine,
)
from vaxplatform.errors import DomainError

pytestmark = pytest.mark.django_db
ZONE = datetime.timezone(datetime.timedelta(hours=7))
FIRST_DAY = datetime.date(2021, 10, 1)
NOW = datetime.datetime(2021, 10, 8, 12, tzinfo=ZONE)

index = st.integers(0, 9)
few = st.integers(0, 2)
days = st.integers(0, 4)
# Minutes around both midnights, so that days in UTC and in Viet Nam differ.
minutes = st.sampled_from([0, 1, 419, 420, 421, 1439])
# Around birthdays within the days of the histories, and with parts that nobody knows.
BIRTHS = ("2003-10-02", "2003-10", "2003", "2009-10-04", "1941-12-31", "1991-10-01", "1972-11")
BANDS = ((0, 11), (12, 17), (18, 29), (30, 49), (50, 64), (65, 79), (80, 200))
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
    st.tuples(st.just("born"), few, st.sampled_from(BIRTHS)),
    st.tuples(st.just("sex"), few, st.sampled_from(["male", "female", "other"])),
    st.tuples(st.just("moved house"), index, st.integers(0, 1)),
    st.tuples(st.just("join"), few, few),
    st.tuples(st.just("take apart"), index),
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
        self.agents = [make_staff(role=Role.AGENT) for _ in range(2)]
        self.published = None

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
            recorded_at=self.at(day, minute) + datetime.timedelta(hours=(0, 8, 30)[person]),
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

    def born(self, person, birth):
        Citizen.objects.filter(pk=self.people[person].pk).update(date_of_birth=birth)

    def sex(self, person, sex):
        Citizen.objects.filter(pk=self.people[person].pk).update(sex=sex)

    def moved_house(self, n, where):
        self.nth(Dose, n).update(residence_province=self.provinces[where])

    def join(self, one, other):
        if one == other:
            return
        pair = name_pair(one=self.people[one], other=self.people[other], sign="test", now=NOW)
        propose_pair(pair=pair, by=self.agents[0], now=NOW)
        join(pair=pair, by=self.agents[1], now=NOW)

    def take_apart(self, n):
        pair = self.nth(DuplicatePair, n).first()
        if pair is not None:
            take_apart(pair=pair, by=self.agents[0], reason="test", now=NOW)

    def refresh(self):
        if refresh_statistics() and self.published is None:
            self.published = published_figures()


def published_figures():
    """{(province, day, figure): number or None}."""
    rows = ProvinceDay.objects.values_list("province", "day", *RestatedFigure.values)
    return {
        (where, day, figure): value
        for where, day, *values in rows
        for figure, value in zip(RestatedFigure.values, values, strict=True)
    }


def figure_in(figures, key):
    return figures.get(key, None if key[2].startswith("reported") else 0)


def check_the_log(published):
    """What stood after the first counting, and otherwise now, is in the log, from and to; a report
    that was the first of its day is not."""
    now = published_figures()
    log = {
        (row.province_id, row.day, row.figure): (row.before, row.after)
        for row in Restatement.objects.all()
    }
    for key, (_before, after) in log.items():
        assert after == figure_in(now, key)
    for key in (published.keys() | now.keys()) - log.keys():
        assert figure_in(published, key) in (None, figure_in(now, key))
    for key in log.keys() & published.keys():
        assert published[key] in (None, log[key][0])


COUNTED = (
    *("people_first", "people_full", "boosters", "additional", "male", "female"),
    *("age_0_11", "age_12_17", "age_18_29", "age_30_49", "age_50_64", "age_65_79", "age_80_up"),
)


def whole_years(birth, day):
    """The age on `day`; of what is not known of a birth, the earliest."""
    year, month, of_month = ([int(part) for part in birth.split("-")] + [1, 1])[:3]
    return day.year - year - ((day.month, day.day) < (month, of_month))


def counted_doses():
    """{(site, province, day, vaccine): [doses, and the figures of COUNTED]}."""
    rows = defaultdict(lambda: [0] * (1 + len(COUNTED)))
    begun, full = set(), set()
    recorded = Dose.objects.filter(status="recorded").select_related("site", "vaccine", "citizen")
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
        row[4] += dose.dose_kind == "additional"
        row[5] += dose.citizen.sex == "male"
        row[6] += dose.citizen.sex == "female"
        age = whole_years(dose.citizen.date_of_birth, day)
        for place, (first, last) in enumerate(BANDS, start=7):
            row[place] += first <= age <= last
    return dict(rows)


def counted_vaccines():
    """{(province, vaccine, day): doses}."""
    rows = defaultdict(int)
    for (_site, where, day, product), counts in counted_doses().items():
        rows[where, product, day] += counts[0]
    return dict(rows)


def counted_residents():
    """{(residence, day): [doses, people first, people full]}, wherever the doses were given."""
    rows = defaultdict(lambda: [0, 0, 0])
    begun, full = set(), set()
    recorded = Dose.objects.filter(status="recorded").select_related("vaccine")
    for dose in sorted(recorded, key=lambda d: (d.administered_at, d.pk)):
        row = rows[dose.residence_province_id, dose.administered_at.astimezone(ZONE).date()]
        row[0] += 1
        row[1] += dose.citizen_id not in begun
        begun.add(dose.citizen_id)
        if dose.dose_kind == "primary" and dose.dose_number >= dose.vaccine.primary_doses:
            row[2] += dose.citizen_id not in full
            full.add(dose.citizen_id)
    return dict(rows)


def counted_entries():
    """{(site, province, day, day of entry): doses} of doses entered on a later day."""
    rows = defaultdict(int)
    for dose in Dose.objects.filter(status="recorded").select_related("site"):
        day = dose.administered_at.astimezone(ZONE).date()
        entered_on = dose.recorded_at.astimezone(ZONE).date()
        if entered_on > day:
            rows[dose.site_id, dose.site.province_id, day, entered_on] += 1
    return dict(rows)


def counted_reports():
    """{(province, day): (doses, first doses or None, doses covered, first doses covered)}."""
    recorded = counted_doses()
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
        covered = [
            counts
            for (site, where, day, product), counts in recorded.items()
            if (where, day) == key
            and any(
                row.site_id in (None, site) and row.vaccine_id in (None, product) for row in winning
            )
        ]
        totals[key] = (
            sum(row.doses for row in winning),
            None if None in firsts else sum(firsts),
            sum(counts[0] for counts in covered),
            sum(counts[1] for counts in covered),
        )
    return totals


def expected_province_days():
    recorded = 1 + len(COUNTED)
    rows = defaultdict(lambda: [*[0] * recorded, None, None, 0, 0])
    for (_site, where, day, _product), counts in counted_doses().items():
        row = rows[where, day]
        row[:recorded] = [a + b for a, b in zip(row[:recorded], counts, strict=True)]
    for key, figures in counted_reports().items():
        rows[key][recorded:] = figures
    return {key: tuple(row) for key, row in rows.items()}


def lines_of_reports(reports):
    """{(day, vaccine): [reported, recorded]} of the reports that count among `reports`."""
    recorded = counted_doses()
    lines = defaultdict(lambda: [0, 0])
    for row in reports:
        totals = [r for r in reports if (r.day, r.site_id) == (row.day, row.site_id)]
        if row.vaccine_id is not None and any(r.vaccine_id is None for r in totals):
            continue
        line = lines[row.day, row.vaccine_id]
        line[0] += row.doses
        line[1] += sum(
            counts[0]
            for (site, where, day, product), counts in recorded.items()
            if (where, day) == (row.province_id, row.day)
            and row.site_id in (None, site)
            and row.vaccine_id in (None, product)
        )
    return {key: tuple(line) for key, line in lines.items()}


def as_lines(found):
    return {
        (line.day, line.vaccine and line.vaccine.pk): (line.reported, line.recorded)
        for line in found
    }


def check_the_distance():
    """A province is its days and vaccines, and its sites and the rest; a site is its days and
    vaccines."""
    for row in provinces_progress(now=NOW):
        where = row.province
        reports = list(DailyReport.objects.filter(province=where))
        own = {report.day for report in reports if report.site_id is None}
        winning = [r for r in reports if r.site_id is None or r.day not in own]
        lines = as_lines(day_lines(province=where))
        assert lines == lines_of_reports(winning)
        assert row.progress.left == sum(reported - got for reported, got in lines.values())
        sites = sites_progress(province=where, now=NOW)
        rest = rest_of(row.progress, sites)
        assert row.progress.left == rest.left + sum(site.progress.left for site in sites)
        for site in sites:
            of_site = as_lines(day_lines(province=where, site=site.site))
            assert of_site == lines_of_reports([r for r in reports if r.site_id == site.site.pk])
            assert site.progress.left == sum(said - got for said, got in of_site.values())
        if not own:
            assert (rest.reported, rest.recorded) == (0, 0)


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
                # A number or a report that is already there, or two who cannot be joined.
                except (IntegrityError, DomainError):
                    continue
            world.refresh()
            sites = SiteDay.objects.values_list(
                "site",
                "province",
                "day",
                "vaccine",
                "doses",
                *COUNTED,
            )
            assert {row[:4]: list(row[4:]) for row in sites} == counted_doses()
            provinces = ProvinceDay.objects.values_list(
                "province",
                "day",
                "recorded",
                *COUNTED,
                "reported",
                "reported_first",
                "covered",
                "covered_first",
            )
            assert {row[:2]: row[2:] for row in provinces} == expected_province_days()
            entries = LateEntry.objects.values_list(
                "site", "province", "day", "entered_on", "doses"
            )
            assert {row[:4]: row[4] for row in entries} == counted_entries()
            vaccines = ProvinceVaccineDay.objects.values_list("province", "vaccine", "day", "doses")
            assert {row[:3]: row[3] for row in vaccines} == counted_vaccines()
            residents = ResidenceDay.objects.values_list(
                "residence", "day", "doses", "people_first", "people_full"
            )
            assert {row[:2]: list(row[2:]) for row in residents} == counted_residents()
            check_the_distance()
            check_the_log(world.published or {})
            assert drift_from_a_recount() == []
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    """Take the example's rows back."""
