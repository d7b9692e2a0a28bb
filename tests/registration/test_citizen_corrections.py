"""A person's record is corrected after somebody saw the papers."""

import pytest
from django.utils import timezone

from registration.models import Citizen, IdentityDocument
from registration.services.citizens import Paper, find_citizen_by_paper, find_or_create_citizen
from registration.services.corrections import (
    CitizenChanges,
    NumberNotAccepted,
    RecordWasJoined,
    correct_citizen,
)
from tests.factories import make_citizen, make_details

pytestmark = pytest.mark.django_db
OLD, NEW = Paper("cccd", "079187000001"), Paper("cccd", "079187000002")


def correct(citizen, **changes):
    return correct_citizen(citizen=citizen, changes=CitizenChanges(**changes), now=timezone.now())


def test_a_name_is_found_again_without_accents():
    citizen = correct(make_citizen(), full_name="Đặng Thị Ánh")
    assert Citizen.objects.get(search_name="dang thi anh") == citizen


def test_a_number_is_found_again_and_the_old_one_is_nobody_s():
    citizen = find_or_create_citizen(details=make_details(papers=(OLD,)))
    correct(citizen, papers=(NEW,))
    assert find_citizen_by_paper(paper=NEW) == citizen
    assert find_citizen_by_paper(paper=OLD) is None
    assert IdentityDocument.objects.count() == 1


def test_a_first_paper_of_a_kind_is_filed():
    citizen = make_citizen()
    correct(citizen, papers=(NEW, Paper("bhyt", "1234567890")))
    assert citizen.documents.count() == 2


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"address": "12 Lê Lợi", "phone": "+84912345678"}, "matched"),
        ({"sex": "other"}, "not_checked"),
        ({"papers": (NEW,)}, "not_checked"),
    ],
)
def test_the_identity_check_counts_until_what_it_checked_changes(changes, check):
    citizen = make_citizen()
    Citizen.objects.filter(pk=citizen.pk).update(identity_check="matched")
    assert correct(citizen, **changes).identity_check == check


def test_somebody_else_s_number_changes_nothing():
    holder = find_or_create_citizen(details=make_details(papers=(OLD,)))
    citizen = make_citizen()
    with pytest.raises(NumberNotAccepted) as refusal:
        correct(citizen, full_name="Lê Thị Mẫu", papers=(OLD,))
    assert refusal.value.holder_id == holder.pk
    assert str(holder.pk) not in refusal.value.detail
    citizen.refresh_from_db()
    assert citizen.full_name != "Lê Thị Mẫu"


def test_nothing_is_written_to_a_record_that_was_joined():
    kept, joined = make_citizen(), make_citizen()
    Citizen.objects.filter(pk=joined.pk).update(merged_into=kept)
    with pytest.raises(RecordWasJoined):
        correct(joined, full_name="Lê Thị Mẫu")
