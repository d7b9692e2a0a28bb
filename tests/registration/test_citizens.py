"""Who is who: found by paper or by name, birth and phone together, within a set as on record."""

import pytest
from django.db import transaction

from registration.models import Citizen
from registration.services.citizens import Paper, resolve_citizens
from tests.factories import make_details

pytestmark = pytest.mark.django_db


def people_of(*details):
    with transaction.atomic():
        resolution = resolve_citizens(people=details)
        resolution.save(positions=range(len(details)))
    return resolution.answers


def namesakes(*numbers):
    """The same name, day of birth and phone; each with a paper of its own, or none."""
    return [
        make_details(phone="+84901234567", papers=(Paper("cccd", n),) if n else ()) for n in numbers
    ]


def test_namesakes_with_other_card_numbers_in_one_set_are_two_people():
    one, other = people_of(*namesakes("079187000001", "079187000002"))
    assert one.pk != other.pk
    assert {d.citizen_id for c in (one, other) for d in c.documents.all()} == {one.pk, other.pk}


def test_namesakes_with_other_card_numbers_in_two_sets_are_two_people():
    (one,) = people_of(*namesakes("079187000001"))
    (other,) = people_of(*namesakes("079187000002"))
    assert one.pk != other.pk


def test_a_stranger_without_a_paper_and_with_one_in_the_same_set_is_one_person():
    one, same = people_of(*namesakes("", "079187000001"))
    assert one.pk == same.pk
    assert Citizen.objects.count() == one.documents.count() == 1


def test_a_third_namesake_with_a_new_card_is_not_given_to_one_who_took_a_card_in_the_set():
    first, second, third = people_of(*namesakes("", "079187000001", "079187000002"))
    assert first.pk == second.pk != third.pk
