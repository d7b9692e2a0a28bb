"""Whose record a phone may open, and what stays when it may not."""

import datetime
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from registration.models import Citizen, HouseholdMember, IdentityDocument, RecordAccess
from registration.selectors import household_of
from registration.services.access import AccessPurpose, log_access
from registration.services.citizens import Paper, find_or_create_citizen
from registration.services.households import (
    HomeDetails,
    HouseholdIsFull,
    NotInHousehold,
    PersonNeedsHelp,
    change_home,
    claim_person,
)
from tests.factories import make_account, make_citizen, make_details, province

pytestmark = pytest.mark.django_db


def test_a_person_on_nobodys_record_becomes_a_citizen_of_the_household():
    account = make_account()
    citizen = claim_person(account=account, details=make_details())
    assert list(household_of(account)) == [citizen]


def test_a_record_with_the_accounts_own_phone_is_joined_by_name_birth_and_paper():
    details = make_details()
    citizen = find_or_create_citizen(details=details)
    account = make_account(phone=details.phone)
    assert claim_person(account=account, details=details) == citizen
    assert list(household_of(account)) == [citizen]


def test_a_record_with_the_accounts_own_phone_is_joined_without_a_paper_too():
    details = make_details(papers=())
    citizen = find_or_create_citizen(details=details)
    account = make_account(phone=details.phone)
    assert claim_person(account=account, details=details) == citizen


def test_a_phone_that_was_only_typed_opens_no_record():
    details = make_details()
    citizen = find_or_create_citizen(details=details)
    stranger = make_account()
    with pytest.raises(PersonNeedsHelp):
        claim_person(account=stranger, details=details)
    assert not HouseholdMember.objects.exists()
    assert citizen.accesses.get().purpose == AccessPurpose.CLAIM_REFUSED


def test_a_typed_phone_without_a_paper_opens_no_record_either():
    details = make_details(papers=())
    find_or_create_citizen(details=details)
    with pytest.raises(PersonNeedsHelp):
        claim_person(account=make_account(), details=details)


def test_right_and_wrong_details_of_somebody_elses_number_get_the_same_answer():
    details = make_details()
    find_or_create_citizen(details=details)
    answers = []
    for over in ({}, {"full_name": "Trần Văn Khác"}, {"date_of_birth": "1990-01-01"}):
        with pytest.raises(PersonNeedsHelp) as caught:
            claim_person(account=make_account(), details=replace(details, **over))
        answers.append((caught.value.code, caught.value.detail))
    assert len(set(answers)) == 1
    assert Citizen.objects.count() == 1


def test_a_refused_claim_leaves_no_paper_behind():
    details = make_details()
    find_or_create_citizen(details=details)
    bhyt = Paper("bhyt", "0123456789")
    with pytest.raises(PersonNeedsHelp):
        claim_person(
            account=make_account(),
            details=replace(details, papers=(*details.papers, bhyt)),
        )
    assert IdentityDocument.objects.count() == 1


def test_after_five_refusals_in_a_day_an_account_is_refused_outright():
    details = make_details()
    find_or_create_citizen(details=details)
    account = make_account()
    for _ in range(5):
        with pytest.raises(PersonNeedsHelp):
            claim_person(account=account, details=details)
    with pytest.raises(PersonNeedsHelp):
        claim_person(account=account, details=make_details())  # nobody's record
    assert Citizen.objects.count() == 1


def test_a_full_household_is_told_so_before_anything_is_looked_up(monkeypatch):
    monkeypatch.setattr("registration.services.households.MAX_MEMBERS", 1)
    details = make_details()
    find_or_create_citizen(details=details)
    account = make_account(members=(make_citizen(),))
    for tried in (details, make_details()):
        with pytest.raises(HouseholdIsFull):
            claim_person(account=account, details=tried)
    assert not RecordAccess.objects.exists()


def test_claiming_twice_is_one_membership():
    account, details = make_account(), make_details()
    first = claim_person(account=account, details=details)
    assert claim_person(account=account, details=details) == first
    assert HouseholdMember.objects.count() == 1


def test_nfc_and_nfd_twins_of_a_name_are_one_person():
    import unicodedata

    from vaxplatform.vietnam import normalise_name

    account, details = make_account(), make_details()
    claim_person(account=account, details=details)
    twin = normalise_name(unicodedata.normalize("NFD", details.full_name))
    claim_person(account=account, details=replace(details, full_name=twin))
    assert Citizen.objects.count() == 1


def test_only_the_household_changes_where_a_person_lives():
    citizen = make_citizen()
    home = HomeDetails(province("01"), None, "12 Hàng Bạc", "Giáo viên", "")
    with pytest.raises(NotInHousehold):
        change_home(account=make_account(), citizen=citizen, home=home)
    change_home(account=make_account(members=(citizen,)), citizen=citizen, home=home)
    citizen.refresh_from_db()
    assert (citizen.province.code, citizen.address) == ("01", "12 Hàng Bạc")


def test_the_log_of_who_looked_cannot_be_changed_or_deleted():
    access = log_access(citizen=make_citizen(), account=None, purpose="admin", client="x" * 100)
    for change in (lambda: access.delete(), lambda: access.save(force_update=True)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    later = timezone.now() + datetime.timedelta(days=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        RecordAccess.objects.update(at=later)
