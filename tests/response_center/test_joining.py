"""Two records of one person, joined by two people and taken apart again."""

import dataclasses
import datetime
import random

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.models import IssuanceJob
from registration.models import Citizen, HouseholdMember
from registration.services.citizens import Paper, find_or_create_citizen
from registration.services.similar import find_similar
from response_center import exceptions
from response_center.models import DuplicatePair, DuplicateSign, PairStatus
from response_center.services.joining import (
    MOVED,
    call_different,
    join,
    name_pair,
    propose_pair,
    take_apart,
)
from sites.models import Dose, Role
from sites.scoping import NotAllowed, posting_of
from sites.services.people import find_people
from tests.factories import (
    make_account,
    make_citizen,
    make_details,
    make_dose,
    make_lot,
    make_registration,
    make_site,
    make_staff,
)
from tests.response_center.making import make_agent, make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def pair_of(one, other, now):
    return name_pair(one=one, other=other, sign=DuplicateSign.TOLD, now=now)


def joined(one, other, now):
    pair = propose_pair(pair=pair_of(one, other, now), by=make_agent(), now=now)
    return join(pair=pair, by=make_agent(), now=now)


def everything():
    """Every row that a join touches, with the person it hangs on."""
    rows = {
        model._meta.label: sorted(model.objects.values_list("pk", "citizen")) for model in MOVED
    }
    rows["households"] = sorted(HouseholdMember.objects.values_list("pk", "account", "citizen"))
    rows["people"] = sorted(Citizen.objects.values_list("pk", "merged_into"), key=lambda r: r[0])
    return rows


def test_after_the_join_all_doses_are_one_persons_and_certificates_are_owed_anew(now):
    one, other = make_citizen(), make_citizen()
    lot = make_lot(site=make_site())
    make_dose(lot=lot, citizen=one, dose_number=1)
    second = make_dose(lot=lot, citizen=other, dose_number=2)
    IssuanceJob.objects.update(state="issued")
    joined(one, other, now)
    assert sorted(one.doses.values_list("dose_number", flat=True)) == [1, 2]
    assert IssuanceJob.objects.get(dose=second).state == "pending"
    other.refresh_from_db()
    assert other.merged_into == one


def test_the_record_to_keep_is_chosen_by_who_proposes(now):
    one, other = make_citizen(), make_citizen()
    pair = propose_pair(pair=pair_of(one, other, now), by=make_agent(), now=now, keep=other)
    assert (pair.kept, pair.merged) == (other, one)


def test_who_proposed_does_not_join_and_neither_does_the_database_let_it(now):
    agent = make_agent()
    pair = propose_pair(pair=pair_of(make_citizen(), make_citizen(), now), by=agent, now=now)
    with pytest.raises(exceptions.PairNeedsAnother):
        join(pair=pair, by=agent, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        DuplicatePair.objects.update(status=PairStatus.MERGED, decided_by=agent)


def test_only_agents_judge(now):
    recorder = make_staff(role=Role.SITE_RECORDER, site=make_site())
    with pytest.raises(NotAllowed):
        propose_pair(pair=pair_of(make_citizen(), make_citizen(), now), by=recorder, now=now)


def test_the_same_dose_number_on_both_is_answered_by_a_sentence_and_nothing_moves(now):
    one, other = make_citizen(), make_citizen()
    lot = make_lot(site=make_site())
    for citizen in (one, other):
        make_dose(lot=lot, citizen=citizen, dose_number=1)
    with pytest.raises(exceptions.SameDoseNumbers) as refusal:
        propose_pair(pair=pair_of(one, other, now), by=make_agent(), now=now)
    assert "1" in str(refusal.value.detail)
    assert Dose.objects.filter(citizen=other).count() == 1


def test_two_open_registrations_are_answered_by_a_sentence(now):
    one, other = make_citizen(), make_citizen()
    for citizen in (one, other):
        make_registration(citizen=citizen)
    with pytest.raises(exceptions.BothRegistered):
        propose_pair(pair=pair_of(one, other, now), by=make_agent(), now=now)


def test_two_people_are_told_apart_once_and_stay_so(now):
    pair = pair_of(make_citizen(), make_citizen(), now)
    call_different(pair=pair, by=make_agent(), now=now)
    with pytest.raises(exceptions.PairHasMoved):
        call_different(pair=pair, by=make_agent(), now=now)
    assert pair_of(pair.merged, pair.kept, now).status == PairStatus.DIFFERENT


def test_a_dose_given_since_stays_with_the_record_kept_and_is_said(now):
    one, other = make_citizen(), make_citizen()
    lot = make_lot(site=make_site())
    earlier = now - datetime.timedelta(days=90)
    first = make_dose(lot=lot, citizen=other, dose_number=1, administered_at=earlier)
    pair = joined(one, other, now - datetime.timedelta(seconds=5))
    Dose.objects.filter(pk=first.pk).update(recorded_at=now - datetime.timedelta(minutes=1))
    make_dose(lot=lot, citizen=one, dose_number=2)
    apart = take_apart(pair=pair, by=make_agent(), reason="Hai người", now=now)
    assert apart.stayed == 1
    assert list(one.doses.values_list("dose_number", flat=True)) == [2]
    assert list(other.doses.values_list("dose_number", flat=True)) == [1]


def test_a_chain_of_joins_is_taken_apart_from_its_end(now):
    one, other, third = make_citizen(), make_citizen(), make_citizen()
    inner = joined(other, third, now)
    joined(one, other, now)
    with pytest.raises(exceptions.RecordJoinedAlready):
        take_apart(pair=inner, by=make_agent(), reason="Hai người", now=now)


@pytest.mark.parametrize("seed", range(6))
def test_joining_and_taking_apart_restores_everything(seed, now):
    chance = random.Random(seed)
    one, other = make_citizen(), make_citizen()
    lot = make_lot(site=make_site())
    for number in range(1, chance.randint(1, 5)):
        given = now - datetime.timedelta(days=90 * (6 - number))
        who = chance.choice((one, other))
        make_dose(lot=lot, citizen=who, dose_number=number, administered_at=given)
    for _each in range(chance.randint(0, 3)):
        make_account(members=tuple(chance.sample((one, other), chance.randint(1, 2))))
    if chance.random() < 0.7:
        make_registration(citizen=chance.choice((one, other)))
    make_case(citizen=chance.choice((one, other)), now=now)
    before = everything()
    pair = joined(one, other, now)
    assert not other.doses.exists()
    assert not other.households.exists()
    take_apart(pair=pair, by=make_agent(), reason="Hai người", now=now)
    assert everything() == before


def test_no_look_up_finds_the_record_that_was_joined(now):
    paper = Paper("cmnd", "012345678")
    details = make_details(papers=(paper,), phone="+84912345111")
    other = find_or_create_citizen(details=details)
    one = make_citizen(full_name="Phạm Văn Khác")
    pair = propose_pair(pair=pair_of(one, other, now), by=make_agent(), now=now, keep=one)
    join(pair=pair, by=make_agent(), now=now)
    no_paper = dataclasses.replace(details, papers=())
    assert find_or_create_citizen(details=no_paper) == one
    assert all(c.citizen_id != other.pk for c in find_similar(people=[no_paper])[0])
    staff = make_staff(role=Role.NATIONAL_OFFICER)
    name_and_year = f"{other.full_name} {other.date_of_birth[:4]}"
    for query in ("012345678", "0912345111", name_and_year):
        found = find_people(query=query, posting=posting_of(staff), account=staff, now=now)
        assert other not in found.people
        assert query == name_and_year or list(found.people) == [one]
