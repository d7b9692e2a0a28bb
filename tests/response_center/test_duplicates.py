"""The search for pairs of records: what it finds, once, among what changed."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registration.models import Citizen
from registration.services.citizens import Paper
from response_center.models import DuplicatePair, DuplicateSearch, DuplicateSign
from response_center.services.duplicates import SETTLED_AFTER, find_duplicates
from response_center.services.joining import call_different, join, propose_pair
from tests.factories import make_citizen, province
from tests.response_center.making import make_agent

pytestmark = pytest.mark.django_db
ONE = {"full_name": "Trịnh Thị Mẫu", "date_of_birth": "1961-04-09", "sex": "female"}


def later():
    return timezone.now() + SETTLED_AFTER + datetime.timedelta(minutes=1)


def twice(first, second):
    """The same person, on record under two sets of facts."""
    one = make_citizen(**{**ONE, **first})
    # As two people with other names, then corrected: the registry would know her otherwise.
    other = make_citizen(**{**ONE, **second, "full_name": "Khác Hẳn Tên", "date_of_birth": "1999"})
    other.full_name, other.date_of_birth = second.get("full_name", ONE["full_name"]), "1961-04-09"
    other.phone = second.get("phone", "")
    other.save()
    return one, other


def signs():
    return {pair.sign for pair in DuplicatePair.objects.all()}


def test_phone_name_and_birth_of_two_records_are_a_sure_sign():
    one, other = twice({"phone": "+84912345001"}, {"phone": "+84912345001"})
    assert find_duplicates(later()) == 1
    pair = DuplicatePair.objects.get()
    assert (pair.kept, pair.merged, pair.sign) == (one, other, DuplicateSign.CONTACT)


def test_an_old_and_a_new_card_of_one_name_birth_and_province_are_a_pair():
    twice({"papers": (Paper("cmnd", "012345678"),)}, {"papers": (Paper("cccd", "001161000001"),)})
    assert find_duplicates(later()) == 1
    assert signs() == {DuplicateSign.OLD_AND_NEW_ID}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"province_id": "27"}),
        ({"papers": (Paper("cmnd", "012345678"),)}, {"papers": (Paper("cmnd", "012345679"),)}),
    ],
)
def test_namesakes_elsewhere_or_with_another_number_are_no_pair(first, second):
    if "province_id" in second:
        first = {"papers": (Paper("cmnd", "012345678"),), "address": "Thôn Một"}
        second = {
            "papers": (Paper("cccd", "001161000001"),),
            "province_id": province("27").pk,
            "address": "Thôn Hai",
        }
    twice(first, second)
    assert find_duplicates(later()) == 0
    assert not DuplicatePair.objects.exists()


def test_a_similar_name_with_birth_and_place_is_a_pair_with_its_likeness():
    twice({"papers": ()}, {"papers": (), "full_name": "Trịnh Thị Mâu"})
    find_duplicates(later())
    pair = DuplicatePair.objects.get()
    assert pair.sign == DuplicateSign.SIMILAR
    assert 0.85 <= pair.score <= 1


def test_what_changed_a_moment_ago_waits_for_a_later_round():
    twice({"phone": "+84912345001"}, {"phone": "+84912345001"})
    assert find_duplicates(timezone.now()) == 0
    assert find_duplicates(later()) == 1


def test_two_persons_do_not_come_back_even_when_their_records_change():
    _one, other = twice({"phone": "+84912345001"}, {"phone": "+84912345001"})
    find_duplicates(later())
    call_different(pair=DuplicatePair.objects.get(), by=make_agent(), now=timezone.now())
    other.address = "Thôn Khác"
    other.save()
    assert find_duplicates(later()) == 0
    assert DuplicatePair.objects.get().status == "different"


def test_a_round_without_changes_looks_at_nobody():
    twice({"phone": "+84912345001"}, {"phone": "+84912345001"})
    find_duplicates(later())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert find_duplicates(later()) == 0
    assert not any("similarity" in q["sql"] for q in queries)


def test_the_cost_of_a_set_does_not_grow_with_the_people_in_it():
    make_citizen()
    with CaptureQueriesContext(connection) as few:
        find_duplicates(later())
    for _each in range(8):
        make_citizen()
    with CaptureQueriesContext(connection) as more:
        find_duplicates(later())
    assert len(more) <= len(few) + 2


def test_sets_follow_each_other_until_all_was_looked_through():
    pairs = [twice({"phone": f"+8491234500{n}"}, {"phone": f"+8491234500{n}"}) for n in range(3)]
    found = sum(find_duplicates(later(), limit=2) for _round in range(4))
    contact = DuplicatePair.objects.filter(sign=DuplicateSign.CONTACT)
    assert contact.count() == len(pairs)
    assert found == DuplicatePair.objects.count()
    assert DuplicateSearch.objects.get().reached_version > 0


def test_a_record_that_was_joined_is_searched_as_the_one_that_goes_on():
    _one, other = twice({"phone": "+84912345001"}, {"phone": "+84912345001"})
    find_duplicates(later())
    pair = propose_pair(pair=DuplicatePair.objects.get(), by=make_agent(), now=timezone.now())
    join(pair=pair, by=make_agent(), now=timezone.now())
    assert find_duplicates(later()) == 0
    other.refresh_from_db()
    assert other.merged_into_id is not None
    assert Citizen.objects.filter(merged_into=None).count() == 1
