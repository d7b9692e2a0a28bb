import datetime
import uuid

import pytest
from django.utils import timezone

from certificates.models import IssuanceJob
from registration.models import Citizen, IdentityDocument
from registration.services.citizens import Paper
from sites import exceptions
from sites.models import Dose, Lot
from sites.services.doses import Recorded, record_dose, record_doses, void_dose
from tests.factories import (
    COMIRNATY,
    make_details,
    make_dose,
    make_item,
    make_lot,
    make_site,
)

pytestmark = pytest.mark.django_db


def refusal(outcome: object) -> str:
    return getattr(outcome, "code", "recorded")


def record(items, lot):
    return record_doses(items=items, site=lot.site, now=timezone.now())


def test_a_dose_is_recorded_with_its_person_its_paper_and_its_lot():
    lot = make_lot(site=make_site(), doses=10)
    (outcome,) = record([make_item(lot=lot)], lot)
    assert isinstance(outcome, Recorded)
    assert not outcome.is_duplicate
    lot.refresh_from_db()
    assert (lot.doses_used, lot.doses_left) == (1, 9)
    assert outcome.dose.citizen.documents.count() == 1


def test_the_same_request_again_answers_the_same_dose_and_takes_no_stock():
    lot = make_lot(site=make_site())
    item = make_item(lot=lot)
    first, again = record([item], lot)[0], record([item], lot)[0]
    assert again.is_duplicate
    assert again.dose == first.dose
    assert Lot.objects.get(pk=lot.pk).doses_used == 1


def test_the_same_key_with_another_body_is_refused():
    lot = make_lot(site=make_site())
    item = make_item(lot=lot)
    record([item], lot)
    other = make_item(lot=lot, idempotency_key=item.idempotency_key, digest=b"x" * 32)
    assert refusal(record([other], lot)[0]) == "idempotency_key_reused"


def test_a_key_twice_in_one_set_is_one_dose():
    lot = make_lot(site=make_site())
    item = make_item(lot=lot)
    first, second = record([item, item], lot)
    assert second.is_duplicate
    assert second.dose == first.dose
    assert Dose.objects.count() == 1


def test_a_lot_is_usable_until_midnight_in_viet_nam_of_its_expiry_day():
    expires_on = datetime.date(2021, 11, 6)
    lot = make_lot(site=make_site(), expires_on=expires_on)
    last_minute = datetime.datetime(2021, 11, 6, 16, 59, tzinfo=datetime.UTC)
    midnight = datetime.datetime(2021, 11, 6, 17, 0, tzinfo=datetime.UTC)
    assert refusal(record([make_item(lot=lot, administered_at=last_minute)], lot)[0]) == "recorded"
    assert refusal(record([make_item(lot=lot, administered_at=midnight)], lot)[0]) == "lot_expired"


def test_the_last_dose_of_a_lot_goes_to_the_first_of_two():
    lot = make_lot(site=make_site(), doses=1)
    outcomes = record([make_item(lot=lot), make_item(lot=lot)], lot)
    assert [refusal(o) for o in outcomes] == ["recorded", "lot_exhausted"]


def test_a_refused_item_leaves_nothing_and_the_others_are_recorded():
    lot = make_lot(site=make_site())
    bad = make_item(lot=lot, lot_number="NO-SUCH-LOT")
    outcomes = record([bad, make_item(lot=lot)], lot)
    assert [refusal(o) for o in outcomes] == ["lot_unknown", "recorded"]
    assert Citizen.objects.count() == IdentityDocument.objects.count() == Dose.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"vaccine_code": "EU/0/00/0000"}, "vaccine_unknown"),
        ({"administered_at": timezone.now() + datetime.timedelta(hours=12)}, "dose_in_future"),
        (
            {"administered_at": datetime.datetime(2021, 3, 7, 16, 59, tzinfo=datetime.UTC)},
            "dose_too_old",
        ),
    ],
)
def test_a_dose_that_cannot_be_is_refused(over, code):
    lot = make_lot(site=make_site())
    assert refusal(record([make_item(lot=lot, **over)], lot)[0]) == code


def test_a_dose_before_birth_is_refused_and_one_in_the_year_of_birth_is_not():
    lot = make_lot(site=make_site())
    given_at = datetime.datetime(2021, 11, 6, 3, 0, tzinfo=datetime.UTC)
    unborn = make_details(date_of_birth="2021-11-07", papers=())
    infant = make_details(date_of_birth="2021", papers=())
    outcomes = record(
        [make_item(lot=lot, citizen=c, administered_at=given_at) for c in (unborn, infant)], lot
    )
    assert [refusal(o) for o in outcomes] == ["dose_before_birth", "recorded"]


def test_two_doses_of_one_stranger_in_one_set_are_one_person():
    lot = make_lot(site=make_site())
    person = make_details()
    first_at = timezone.now() - datetime.timedelta(days=70)
    outcomes = record(
        [
            make_item(lot=lot, citizen=person, dose_number=2),
            make_item(lot=lot, citizen=person, administered_at=first_at),
        ],
        lot,
    )
    assert [refusal(o) for o in outcomes] == ["recorded", "recorded"]
    assert Citizen.objects.count() == 1


def test_a_number_of_somebody_else_is_refused_without_saying_whose():
    lot = make_lot(site=make_site())
    make_dose(lot=lot, citizen=make_details(papers=(Paper("cccd", "079187000099"),)))
    thief = make_details(full_name="Trần Văn Khác", papers=(Paper("cccd", "079187000099"),))
    (outcome,) = record([make_item(lot=lot, citizen=thief)], lot)
    assert refusal(outcome) == "identity_does_not_match"
    assert "Nguyễn" not in outcome.detail


def test_a_name_without_accents_finds_the_same_person():
    lot = make_lot(site=make_site())
    papers = (Paper("cccd", "079187000098"),)
    first = make_dose(
        lot=lot,
        citizen=make_details(papers=papers),
        administered_at=timezone.now() - datetime.timedelta(days=70),
    )
    plain = make_details(full_name="Nguyen Thi Anh Tuyet", papers=papers, phone="")
    second = make_dose(lot=lot, citizen=plain, dose_number=2)
    assert second.citizen == first.citizen


def test_a_live_dose_too_soon_is_refused_with_the_citation():
    lot = make_lot(site=make_site(province_code="01"))
    dose = make_dose(lot=lot, administered_at=timezone.now() - datetime.timedelta(days=55))
    item = make_item(lot=lot, citizen=dose.citizen, dose_number=2, administered_at=timezone.now())
    with pytest.raises(exceptions.IntervalTooShort) as error:
        record_dose(item=item, site=lot.site, now=timezone.now())
    assert "3588" in error.value.detail


def test_a_paper_dose_too_soon_is_recorded_because_it_happened():
    lot = make_lot(site=make_site())
    dose = make_dose(lot=lot, administered_at=timezone.now() - datetime.timedelta(days=10))
    second = make_dose(lot=lot, citizen=dose.citizen, dose_number=2, source="paper")
    assert second.dose_number == 2


def test_a_province_may_shorten_the_interval():
    lot = make_lot(site=make_site(province_code="79"))
    dose = make_dose(lot=lot, administered_at=timezone.now() - datetime.timedelta(days=45))
    assert make_dose(lot=lot, citizen=dose.citizen, dose_number=2).dose_number == 2


def test_doses_arrive_in_any_order_but_are_numbered_by_date():
    lot = make_lot(site=make_site())
    second = make_dose(
        lot=lot, dose_number=2, administered_at=timezone.now() - datetime.timedelta(days=10)
    )
    earlier = second.administered_at - datetime.timedelta(days=70)
    later = second.administered_at + datetime.timedelta(days=1)
    wrong = make_item(lot=lot, citizen=second.citizen, administered_at=later, source="paper")
    assert refusal(record([wrong], lot)[0]) == "dose_out_of_order"
    assert make_dose(lot=lot, citizen=second.citizen, administered_at=earlier).dose_number == 1


def test_another_product_needs_a_rule_that_allows_it():
    site = make_site()
    lot, other = make_lot(site=site, code=COMIRNATY), make_lot(site=site, code="BBIBP-CorV")
    dose = make_dose(lot=lot, administered_at=timezone.now() - datetime.timedelta(days=100))
    (outcome,) = record([make_item(lot=other, citizen=dose.citizen, dose_number=2)], other)
    assert refusal(outcome) == "vaccines_not_interchangeable"


def test_a_dose_number_is_recorded_once_per_person_and_one_dose_a_day():
    lot = make_lot(site=make_site())
    dose = make_dose(lot=lot)
    same, next_one = (make_item(lot=lot, citizen=dose.citizen, dose_number=n) for n in (1, 2))
    outcomes = record([same, next_one], lot)
    assert [refusal(o) for o in outcomes] == ["dose_number_taken", "dose_on_same_day"]


def test_a_voided_dose_gives_its_lot_back_and_frees_its_number():
    lot = make_lot(site=make_site())
    dose = make_dose(lot=lot)
    void_dose(dose=dose, reason="entered twice")
    assert Lot.objects.get(pk=lot.pk).doses_used == 0
    assert IssuanceJob.objects.get(dose=dose).state == "cancelled"
    assert make_dose(lot=lot, citizen=dose.citizen).pk != dose.pk
    with pytest.raises(exceptions.DoseAlreadyVoided):
        void_dose(dose=dose, reason="again")


def test_every_recorded_dose_is_queued_by_the_database_in_its_transaction():
    lot = make_lot(site=make_site())
    dose = make_dose(lot=lot)
    job = IssuanceJob.objects.get(dose=dose)
    assert job.due_at == max(
        dose.administered_at + datetime.timedelta(minutes=30), dose.recorded_at
    )
    assert job.state == "pending"
    assert job.attempts == 0


def test_a_site_that_is_not_active_records_nothing():
    lot = make_lot(site=make_site(is_active=False))
    assert refusal(record([make_item(lot=lot)], lot)[0]) == "site_not_active"


def test_the_request_number_is_any_uuid():
    lot = make_lot(site=make_site())
    assert make_dose(lot=lot, idempotency_key=uuid.UUID(int=7)).idempotency_key.int == 7
