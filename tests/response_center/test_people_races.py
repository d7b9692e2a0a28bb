"""Two workers search at once; a join meets a dose that is being recorded."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from response_center.invariants import doses_on_joined_records
from response_center.models import DuplicatePair, DuplicateSign
from response_center.services.duplicates import find_duplicates
from response_center.services.joining import join, name_pair, propose_pair
from sites.models import Dose
from sites.services.doses import record_dose
from tests.factories import make_citizen, make_item, make_lot, make_site
from tests.response_center.making import make_agent
from tests.response_center.test_duplicates import later, twice
from tests.sites.making import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_at_once_find_each_pair_once():
    for n in range(4):
        twice({"phone": f"+8491234500{n}"}, {"phone": f"+8491234500{n}"})
    answers = at_once(4, lambda _n: find_duplicates(later()))
    assert all(isinstance(answer, int) for answer in answers)
    assert sum(answers) == DuplicatePair.objects.count() >= 4


def proposed():
    one, other = make_citizen(), make_citizen()
    pair = name_pair(one=one, other=other, sign=DuplicateSign.TOLD, now=timezone.now())
    return propose_pair(pair=pair, by=make_agent(), now=timezone.now())


def test_a_dose_recorded_while_its_record_is_joined_goes_to_the_one_that_goes_on():
    lot = make_lot(site=make_site())
    for _each in range(5):
        pair, agent = proposed(), make_agent()
        item = make_item(lot=lot, citizen=pair.merged)
        answers = at_once(
            2,
            lambda n, pair=pair, agent=agent, item=item: (
                join(pair=pair, by=agent, now=timezone.now()).status
                if n
                else record_dose(item=item, site=lot.site, now=timezone.now()).dose.pk
            ),
        )
        assert answers[1] == "merged"
        assert Dose.objects.get(pk=answers[0]).citizen == pair.kept
    assert doses_on_joined_records() == []


def test_a_dose_whose_recorder_waits_for_the_join_goes_to_the_one_that_goes_on():
    """The join holds both records when the dose comes; the dose waits, and then knows."""
    lot = make_lot(site=make_site())
    pair, agent = proposed(), make_agent()
    item = make_item(lot=lot, citizen=pair.merged)
    recorded = []

    def record():
        recorded.append(record_dose(item=item, site=lot.site, now=timezone.now()).dose.pk)
        connection.close()

    with transaction.atomic():
        join(pair=pair, by=agent, now=timezone.now())
        thread = threading.Thread(target=record)
        thread.start()
        thread.join(timeout=0.5)
        assert not recorded
    thread.join(timeout=20)
    assert Dose.objects.get(pk=recorded[0]).citizen == pair.kept
    assert doses_on_joined_records() == []


def test_a_dose_on_a_record_that_leads_elsewhere_is_named_by_the_invariant():
    pair = proposed()
    join(pair=pair, by=make_agent(), now=timezone.now())
    lot = make_lot(site=make_site())
    dose = record_dose(
        item=make_item(lot=lot, citizen=pair.kept), site=lot.site, now=timezone.now()
    ).dose
    Dose.objects.filter(pk=dose.pk).update(citizen=pair.merged)
    assert doses_on_joined_records() == [str(dose.public_id)]
