"""Where is my certificate, and if it is not here, why and until when?"""

import datetime

import pytest
from django.utils import timezone

from certificates.health_book import certificates_section, status_section, statuses
from certificates.models import Certificate, IssuanceJob, JobState
from certificates.selectors import AnswerKind, certificate_answer, doses_of_people, series_of
from certificates.selectors import primary_doses_by_vaccine as lengths
from certificates.services.issuance import drain_due
from certificates.services.revocation import revoke_certificate
from sites.models import Dose
from sites.services.doses import void_dose
from tests.factories import ABDALA, JANSSEN, make_citizen, make_dose, make_lot, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


def asked(dose: Dose, later: datetime.timedelta = datetime.timedelta()):
    """The answer for a dose, as of `later` than its injection."""
    return certificate_answer(Dose.objects.get(pk=dose.pk), dose.administered_at + later)


def just_given() -> Dose:
    return make_dose(administered_at=timezone.now())


def test_for_thirty_minutes_it_waits_and_names_the_hour():
    dose = just_given()
    answer = asked(dose, 29 * MINUTE)
    assert answer.kind == AnswerKind.WAITING
    assert answer.counted_from == dose.administered_at
    assert answer.earliest_at == dose.administered_at + 30 * MINUTE
    assert answer.expected_by == dose.administered_at + 60 * MINUTE


def test_then_it_is_being_made_until_the_promised_minute():
    dose = just_given()
    assert asked(dose, 30 * MINUTE).kind == AnswerKind.ISSUING
    assert asked(dose, 60 * MINUTE).kind == AnswerKind.ISSUING
    assert asked(dose, 61 * MINUTE).kind == AnswerKind.LATE


def test_a_late_entry_is_promised_half_an_hour_from_its_entry():
    dose = make_dose(administered_at=timezone.now() - 10 * DAY, source="paper")
    answer = asked(dose, 10 * DAY)
    assert answer.counted_from == answer.earliest_at
    assert answer.expected_by - answer.earliest_at == 30 * MINUTE
    assert not answer.is_counted_from_the_injection


def test_it_is_ready_when_it_is_there_and_says_when_a_corrected_one_follows():
    dose = make_dose()
    drain_due()
    answer = asked(dose, DAY)
    assert (answer.kind, answer.is_being_replaced) == (AnswerKind.READY, False)
    assert answer.certificate == Certificate.objects.get()
    dose.citizen.full_name = "Nguyễn Thị Tuyết"
    dose.citizen.save()
    answer = asked(dose, DAY)
    assert (answer.kind, answer.is_being_replaced) == (AnswerKind.READY, True)


def test_a_certificate_for_people_to_look_at_a_revoked_one_and_a_voided_dose_are_told_apart():
    odd, revoked, voided = make_dose(), make_dose(), make_dose()
    drain_due()
    Certificate.objects.filter(dose=odd).delete()
    IssuanceJob.objects.filter(dose=odd).update(state=JobState.NEEDS_REVIEW)
    revoke_certificate(uvci=Certificate.objects.get(dose=revoked).uvci, reason="Nhầm người")
    void_dose(dose=voided, reason="Nhập nhầm")
    assert asked(odd, DAY).kind == AnswerKind.REVIEW
    assert asked(revoked, DAY).kind == AnswerKind.REVOKED
    assert asked(voided, DAY).kind == AnswerKind.VOIDED


def test_a_dose_that_nobody_queued_yet_has_the_promise_all_the_same():
    dose = just_given()
    IssuanceJob.objects.all().delete()
    answer = asked(dose, 10 * MINUTE)
    assert answer.kind == AnswerKind.WAITING
    assert answer.expected_by == dose.administered_at + 60 * MINUTE


# ── the card ──────────────────────────────────────────────────────────────────────────────────
def series(citizen):
    return series_of(list(doses_of_people([citizen])), lengths())


def test_the_card_follows_the_doses_and_the_ring_the_certificates():
    citizen, lot = make_citizen(), make_lot(site=make_site())
    assert series(citizen).color == "none"
    make_dose(lot=lot, citizen=citizen, administered_at=timezone.now() - 84 * DAY)
    drain_due()
    assert (series(citizen).color, series(citizen).states) == ("yellow", ("certified", "missing"))
    make_dose(lot=lot, citizen=citizen, dose_number=2, administered_at=timezone.now())
    found = series(citizen)
    assert (found.color, found.states) == ("green", ("certified", "recorded"))
    assert found.is_complete


def test_two_of_three_doses_are_not_a_full_series():
    citizen, lot = make_citizen(), make_lot(site=make_site(), code=ABDALA)
    for number, days in ((1, 40), (2, 20)):
        make_dose(
            lot=lot,
            citizen=citizen,
            dose_number=number,
            administered_at=timezone.now() - days * DAY,
            source="paper",
        )
    found = series(citizen)
    assert (found.color, found.states) == ("yellow", ("recorded", "recorded", "missing"))


def test_one_dose_of_a_one_dose_vaccine_and_a_booster_are_a_full_series():
    citizen, lot = make_citizen(), make_lot(site=make_site(), code=JANSSEN)
    make_dose(lot=lot, citizen=citizen, administered_at=timezone.now() - 200 * DAY)
    make_dose(lot=lot, citizen=citizen, dose_number=2, dose_kind="booster")
    drain_due()
    found = series(citizen)
    assert (found.color, found.states, found.boosters) == ("green", ("certified",), 1)


def test_the_sections_of_a_person_without_doses_explain_why():
    citizen = make_citizen()
    assert certificates_section(citizen).context["answers"] == []
    assert status_section(citizen).context["series"].color == "none"
    assert statuses([citizen]) == {}


def test_a_household_is_read_in_a_fixed_number_of_queries(django_assert_max_num_queries):
    lot = make_lot(site=make_site())
    people = [make_dose(lot=lot).citizen for _ in range(6)]
    with django_assert_max_num_queries(3):
        assert len(statuses(people)) == 6
