"""The commands of the contract, the doses of the health book, and invariants broken one by one."""

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from registration.health_book import sections_of
from sites.models import ApiClient, Dose, Lot, Role, Screening, Session, StaffPosting, Visit
from sites.services.access import token_digest
from sites.services.doses import void_dose
from tests.factories import ASTRAZENECA, make_citizen, make_dose, make_site
from tests.sites.making import Desk
from vaxplatform.invariants import INVARIANTS

pytestmark = pytest.mark.django_db


def run(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue().strip()


def test_a_login_is_made_with_its_role_and_place():
    site = make_site()
    password = "mot-mat-khau-dai-42"
    run("create_staff", username="a", role="site_doctor", site=site.code, password=password)
    run("create_staff", username="b", role="province_officer", province="79", password=password)
    run("create_staff", username="c", role="agent", password=password)
    roles = dict(StaffPosting.objects.values_list("account__username", "role"))
    assert roles == {"a": Role.SITE_DOCTOR, "b": Role.PROVINCE_OFFICER, "c": Role.AGENT}
    assert StaffPosting.objects.get(role=Role.SITE_DOCTOR).account.check_password(password)


@pytest.mark.parametrize(
    "over",
    [
        {"site": "KHONG-CO"},
        {"province": "99", "role": "province_officer"},
        {"role": "site_doctor"},
        {"password": "123"},
    ],
)
def test_a_login_that_cannot_be_is_refused_in_words(over):
    values = {"username": "a", "role": "agent", "password": "mot-mat-khau-dai-42", **over}
    with pytest.raises(CommandError):
        run("create_staff", **values)
    assert not StaffPosting.objects.exists()


def test_a_client_is_made_and_its_token_printed_alone():
    token = run("create_api_client", name="HIS", site=make_site().code)
    assert bytes(ApiClient.objects.get().token_digest) == token_digest(token)


def test_a_lot_is_received():
    site, day = make_site(), datetime.date(2030, 12, 31)
    values = {"site": site.code, "vaccine": ASTRAZENECA, "lot": "MAU-1", "expires": day}
    run("receive_lot", doses=10, **values)
    run("receive_lot", doses=5, **values)
    assert Lot.objects.get().doses_received == 15
    for wrong in ({"vaccine": "x"}, {"site": "x"}, {"doses": 0}):
        with pytest.raises(CommandError):
            run("receive_lot", **{"doses": 1, **values, **wrong})


def test_the_health_book_shows_the_recorded_doses_in_order():
    citizen = make_citizen()
    assert not [s for s in sections_of(citizen) if s.template == "sites/health_book_doses.html"]
    first = make_dose(citizen=citizen, administered_at=timezone.now() - datetime.timedelta(days=90))
    second = make_dose(citizen=citizen, dose_number=2, lot=first.lot)
    (section,) = [s for s in sections_of(citizen) if s.template == "sites/health_book_doses.html"]
    assert [(line.dose, line.of) for line in section.context["lines"]] == [(first, 2), (second, 2)]
    void_dose(dose=second, reason="nhầm")
    (section,) = [s for s in sections_of(citizen) if s.template == "sites/health_book_doses.html"]
    assert [line.dose for line in section.context["lines"]] == [first]


# ── invariants ────────────────────────────────────────────────────────────────────────────────
def broken():
    """The sites' invariants that do not hold now."""
    ours = (
        "stock_counts_equal_doses",
        "seats_taken_equal_appointments",
        "no_citizen_has_two_recorded_doses_of_a_number",
        "a_dose_is_of_its_site_s_lot",
        "a_vaccinated_visit_has_its_dose",
        "a_dose_of_a_visit_was_screened_that_day",
    )
    return {name for name in ours if INVARIANTS[name].violations()}


@pytest.fixture
def vaccinated():
    desk = Desk()
    return desk.inject(desk.clear()).dose


def test_a_vaccinated_visit_breaks_nothing(vaccinated):
    assert broken() == set()


@pytest.mark.parametrize("field", ["doses_used", "doses_received", "doses_wasted"])
def test_a_counter_that_drifted_is_named(vaccinated, field):
    Lot.objects.update(**{field: 7} if field != "doses_received" else {field: 101})
    assert broken() == {"stock_counts_equal_doses"}


def test_a_seat_without_an_appointment_is_named(vaccinated):
    Session.objects.update(seats_taken=1)
    assert broken() == {"seats_taken_equal_appointments"}


def test_a_dose_of_a_strange_lot_is_named(vaccinated):
    Dose.objects.update(site=make_site())
    assert "a_dose_is_of_its_site_s_lot" in broken()


def test_a_visit_under_observation_without_a_dose_is_named(vaccinated):
    desk = Desk()
    Visit.objects.filter(pk=desk.clear().pk).update(status="observed")
    assert broken() == {"a_vaccinated_visit_has_its_dose"}


def test_a_dose_without_a_passed_screening_is_named(vaccinated):
    Screening.objects.update(decision="defer", override_reason="x")
    assert broken() == {"a_dose_of_a_visit_was_screened_that_day"}


def test_a_number_given_twice_is_named_once_its_constraint_is_gone(vaccinated):
    twin = Desk()
    other = twin.inject(twin.clear(twin.arrive())).dose
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_recorded_dose_per_citizen_and_number")
    Dose.objects.filter(pk=other.pk).update(citizen=vaccinated.citizen)
    assert "no_citizen_has_two_recorded_doses_of_a_number" in broken()
