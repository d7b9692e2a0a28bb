"""Who is found at the desk: by what, by whom, how often, and on record."""

import contextlib
import datetime

import pytest
from django.utils import timezone

from registration.models import RecordAccess
from registration.services.check_in_codes import check_in_code_for
from registration.services.citizens import Paper
from sites import exceptions
from sites.models import LookupCount, Role
from sites.services.people import find_people
from tests.factories import make_citizen, make_site, make_staff, province
from tests.sites.making import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorder():
    return make_staff(site=make_site(province_code="79"))


def find(query, account, now=None):
    return find_people(
        query=query, posting=account.posting, account=account, now=now or timezone.now()
    )


def make_loi(**over):
    values = {
        "full_name": "Nguyễn Văn Lợi",
        "date_of_birth": "1954-03-27",
        "phone": "+84912345678",
        "papers": (Paper("cccd", "079054000618"), Paper("cmnd", "023456789")),
    }
    return make_citizen(**{**values, **over})


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("079054000618", "paper"),
        ("079 054 000 618", "paper"),
        ("０７９０５４０００６１８", "paper"),
        ("023456789", "paper"),
        ("0912345678", "phone"),
        ("+84 912.345.678", "phone"),
        ("84912345678", "phone"),
        ("nguyen van loi 1954", "name"),
        ("NGUYEN LOI 1954", "name"),
        ("Nguyễn Văn Lợi 1954", "name"),
        ("079054000618|023456789|Nguyễn Văn Lợi|27031954|Nam|12 Lê Lợi|01012021", "paper"),
    ],
)
def test_one_field_takes_whatever_is_scanned_or_typed(recorder, query, by):
    loi = make_loi()
    found = find(query, recorder)
    assert ([c.pk for c in found.people], found.by) == ([loi.pk], by)


def test_a_check_in_code_finds_its_person_bare_or_as_an_address(recorder):
    loi = make_loi()
    code = check_in_code_for(citizen=loi, now=timezone.now()).code
    for text in (code, code.lower(), f"HTTPS://VAX.EXAMPLE/C/{code}/"):
        assert find(text, recorder).people == [loi]


def test_a_code_that_expired_finds_nobody(recorder):
    code = check_in_code_for(citizen=make_loi(), now=timezone.now()).code
    later = timezone.now() + datetime.timedelta(days=91)
    assert find(code, recorder, later).people == []


def test_a_new_card_finds_the_person_known_by_the_old_number(recorder):
    loi = make_loi(papers=(Paper("cmnd", "023456789"),))
    scan = "079054999999|023456789|Nguyễn Văn Lợi|27031954|Nam|12 Lê Lợi|01012021"
    found = find(scan, recorder)
    assert found.people == [loi]
    assert found.scan.number == "079054999999"


@pytest.mark.parametrize("query", ["nguyen van loi", "1954", "", "%", "a 1954", "🙂"])
def test_a_name_needs_the_year_of_birth(recorder, query):
    with pytest.raises(exceptions.SearchNeedsMore):
        find(query, recorder)


def test_a_name_finds_people_of_the_province_only_and_a_number_anybody(recorder):
    make_loi(province_id=province("01").pk)
    assert find("nguyen van loi 1954", recorder).people == []
    assert len(find("079054000618", recorder).people) == 1


def test_a_name_finds_who_came_from_elsewhere_to_a_site_of_the_province():
    desk = Desk()
    loi = make_loi(province_id=province("01").pk)
    desk.arrive(loi)
    assert find("nguyen van loi 1954", desk.recorder).people == [loi]


def test_an_officer_of_the_nation_finds_a_name_anywhere():
    loi = make_loi(province_id=province("01").pk)
    assert find("nguyen van loi 1954", make_staff(role=Role.NATIONAL_OFFICER)).people == [loi]


def test_at_most_twenty_people_are_shown(recorder):
    for _n in range(25):
        make_loi(papers=(), phone="")
    assert len(find("nguyen van loi 1954", recorder).people) == 20


def test_everybody_shown_is_on_record_and_nobody_else(recorder):
    first, second = make_loi(), make_loi(papers=(), phone="+84912345679")
    make_loi(full_name="Trần Văn Khác", papers=(), phone="+84912345670")
    find("nguyen van loi 1954", recorder)
    seen = RecordAccess.objects.values_list("citizen", "account", "purpose")
    assert set(seen) == {(c.pk, recorder.pk, "check_in") for c in (first, second)}


def test_a_login_looks_up_so_many_an_hour_and_codes_still_work(recorder, settings):
    settings.LOOKUPS_PER_HOUR = 3
    now = timezone.now().replace(minute=30)
    code = check_in_code_for(citizen=make_loi(), now=now).code
    for _n in range(3):
        find("079000000000", recorder, now)
    with pytest.raises(exceptions.TooManyLookups):
        find("079054000618", recorder, now)
    assert LookupCount.objects.get().lookups == 3
    assert len(find(code, recorder, now).people) == 1
    assert len(find("079054000618", recorder, now + datetime.timedelta(hours=1)).people) == 1


@pytest.mark.parametrize("query", ["x" * 10_000, "\x00", "'; drop table--", "a\u200b|b|c|d|e|f"])
def test_hostile_text_is_answered_in_words(recorder, query):
    with contextlib.suppress(exceptions.SearchNeedsMore):
        assert find(query, recorder).people == []
