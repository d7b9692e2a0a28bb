"""A recorded dose is corrected under the rules of recording, and stock follows."""

import datetime

import pytest
from django.utils import timezone

from sites import exceptions
from sites.models import Lot
from sites.services.corrections import DoseChanges, correct_dose
from sites.services.doses import void_dose
from tests.factories import make_citizen, make_dose, make_lot, make_site
from tests.sites.making import Desk
from vaxplatform.invariants import INVARIANTS
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
COMIRNATY = "EU/1/20/1528"


@pytest.fixture
def lot():
    return make_lot(site=make_site())


@pytest.fixture
def dose(lot):
    return make_dose(lot=lot, source="paper", administered_at=timezone.now() - 10 * DAY)


def correct(dose, **changes):
    return correct_dose(dose=dose, changes=DoseChanges(**changes), now=timezone.now())


def stock_holds():
    return INVARIANTS["stock_counts_equal_doses"].violations() == []


def test_a_day_keeps_the_clock_time_of_the_dose(dose):
    wanted = day_in_vietnam(dose.administered_at) - 3 * DAY
    corrected = correct(dose, administered_on=wanted)
    assert corrected.administered_at == dose.administered_at - 3 * DAY
    assert day_in_vietnam(corrected.administered_at) == wanted


def test_a_dose_is_never_given_after_it_was_recorded(lot):
    dose = make_dose(lot=lot, source="paper", administered_at=timezone.now() - DAY)
    dose.recorded_at = timezone.now() - datetime.timedelta(hours=23)
    dose.save()
    corrected = correct(dose, administered_on=day_in_vietnam(dose.recorded_at))
    assert corrected.administered_at <= corrected.recorded_at
    with pytest.raises(exceptions.DomainError):
        correct(dose, administered_on=day_in_vietnam(dose.recorded_at) + DAY)


def test_the_vaccine_and_lot_go_to_another_lot_of_the_site_and_stock_follows(dose, lot):
    other = make_lot(site=lot.site, code=COMIRNATY, number="FF1234")
    corrected = correct(dose, vaccine_code=COMIRNATY, lot_number="ff1234")
    assert (corrected.lot, corrected.vaccine) == (other, other.vaccine)
    assert {each.pk: each.doses_used for each in Lot.objects.all()} == {lot.pk: 0, other.pk: 1}
    assert stock_holds()


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"expires_on": datetime.date(2021, 4, 1)}, "lot_expired"),
        ({"recalled_at": datetime.datetime(2021, 9, 1, tzinfo=datetime.UTC)}, "lot_recalled"),
        ({"doses": 1}, "lot_exhausted"),
        ({"site": None}, "lot_unknown"),
    ],
)
def test_a_lot_that_could_not_have_given_it_is_refused(dose, lot, over, code):
    site = over.pop("site", lot.site) or make_site()
    other = make_lot(site=site, **over)
    if code == "lot_exhausted":
        make_dose(lot=other)
    with pytest.raises(exceptions.DomainError) as refusal:
        correct(dose, lot_number=other.number)
    assert refusal.value.code == code
    dose.refresh_from_db()
    assert dose.lot == lot
    assert stock_holds()


def test_a_lot_that_was_recalled_since_stays_the_lot_of_the_dose(dose, lot):
    Lot.objects.filter(pk=lot.pk).update(recalled_at=timezone.now(), recall_reason="lỗi")
    corrected = correct(dose, administered_on=day_in_vietnam(dose.administered_at) - DAY)
    assert corrected.lot == lot


@pytest.mark.parametrize(
    ("days", "code"), [(10, "dose_on_same_day"), (20, "dose_out_of_order"), (4000, "dose_too_old")]
)
def test_doses_stay_in_the_order_in_which_they_were_given(lot, days, code):
    citizen = make_citizen()
    now = timezone.now()
    make_dose(lot=lot, citizen=citizen, source="paper", administered_at=now - 10 * DAY)
    second = make_dose(
        lot=lot, citizen=citizen, dose_number=2, source="paper", administered_at=now - 5 * DAY
    )
    with pytest.raises(exceptions.DomainError) as refusal:
        correct(second, administered_on=day_in_vietnam(now - days * DAY))
    assert refusal.value.code == code
    with pytest.raises(exceptions.DoseNumberTaken):
        correct(second, dose_number=1)


def test_nobody_was_vaccinated_before_birth_nor_will_be_tomorrow(lot):
    dose = make_dose(lot=lot, citizen=make_citizen(date_of_birth="2021-06-01"), source="paper")
    with pytest.raises(exceptions.DoseBeforeBirth):
        correct(dose, administered_on=datetime.date(2021, 5, 1))
    with pytest.raises(exceptions.DoseInFuture):
        correct(dose, administered_on=day_in_vietnam(timezone.now()) + DAY)


def test_a_voided_dose_is_not_corrected(dose):
    void_dose(dose=dose, reason="nhập nhầm")
    with pytest.raises(exceptions.DoseAlreadyVoided):
        correct(dose, dose_number=2)


def test_the_day_of_a_dose_that_the_platform_saw_is_not_corrected():
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    with pytest.raises(exceptions.DayOfAVisit):
        correct(dose, administered_on=day_in_vietnam(dose.administered_at) - DAY)
    assert correct(dose, administered_on=day_in_vietnam(dose.administered_at)) == dose
