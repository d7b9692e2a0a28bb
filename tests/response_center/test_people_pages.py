"""Pairs of records as agents see them: the lists, side by side, joined, and taken apart."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from registration.models import RecordAccess
from registration.services.citizens import Paper
from response_center.models import DuplicateSign, PairStatus
from response_center.services.joining import join, name_pair, propose_pair
from sites.models import Role
from tests.factories import make_account, make_citizen, make_dose, make_lot, make_site, make_staff
from tests.response_center.making import make_agent

pytestmark = pytest.mark.django_db
LIST = "/staff/people/"


def browser_of(account):
    browser = Client()
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def make_pair(**over):
    one = over.pop("one", None) or make_citizen(full_name="Nguyễn Thị Anh")
    other = over.pop("other", None) or make_citizen(full_name="Nguyễn Thị Ánh")
    values = {"sign": DuplicateSign.SIMILAR, "now": timezone.now(), "score": 0.9}
    return name_pair(one=one, other=other, **{**values, **over})


def page_of(pair, browser=None):
    return (browser or browser_of(make_agent())).get(f"{LIST}{pair.public_id}/").content.decode()


def test_two_agents_join_a_pair_by_the_page_and_the_book_shows_all_doses():
    one, other = make_citizen(full_name="Lê Thị Mẫu"), make_citizen(full_name="Lê Thị Mẩu")
    lot = make_lot(site=make_site())
    earlier = timezone.now() - datetime.timedelta(days=90)
    make_dose(lot=lot, citizen=one, dose_number=1, administered_at=earlier)
    make_dose(lot=lot, citizen=other, dose_number=2)
    household = make_account(members=(one,))
    book = browser_of(household).get(f"/account/people/{one.public_id}/").content.decode()
    with translation.override("vi"):
        assert gettext("Primary series complete") not in book
    pair = make_pair(one=one, other=other)
    first, second = browser_of(make_agent()), browser_of(make_agent())
    address = f"{LIST}{pair.public_id}/"
    assert first.post(address, {"action": "same"}).status_code == 302
    assert 'value="join"' not in page_of(pair, first)
    assert 'value="join"' in page_of(pair, second)
    assert second.post(address, {"action": "join"}).status_code == 302
    pair.refresh_from_db()
    assert pair.status == PairStatus.MERGED
    book = browser_of(household).get(f"/account/people/{one.public_id}/").content.decode()
    with translation.override("vi"):
        assert gettext("Primary series complete") in book


def test_both_records_are_logged_at_each_look():
    pair = make_pair()
    page_of(pair)
    seen = RecordAccess.objects.values_list("citizen", flat=True)
    assert {pair.kept_id, pair.merged_id} == set(seen)


def test_differences_are_marked_and_numbers_keep_their_middle_hidden():
    one = make_citizen(full_name="Nguyễn Thị Anh", papers=(Paper("cmnd", "012345678"),))
    other = make_citizen(full_name="Nguyễn Thị Ánh", papers=(Paper("cmnd", "019945678"),))
    page = page_of(make_pair(one=one, other=other))
    assert "<del>Anh</del>" in page
    assert "<ins>Ánh</ins>" in page
    assert "012345678" not in page
    assert "01•••678" in page
    with translation.override("vi"):
        assert page.count(gettext("differs in the hidden part")) == 1


def test_what_waits_for_a_second_person_stands_first():
    found, proposed = make_pair(), make_pair(one=make_citizen(full_name="Bùi Văn Mẫu"))
    propose_pair(pair=proposed, by=make_agent(), now=timezone.now())
    page = browser_of(make_agent()).get(LIST).content.decode()
    assert page.index(str(proposed.public_id)) < page.index(str(found.public_id))


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?sign=similar", True),
        ("?sign=told", False),
        ("?province=79", True),
        ("?province=27", False),
        ("?sign=%00&province=x&page=-1&list=zz", True),
        ("?list=joined", False),
    ],
)
def test_the_list_is_narrowed_by_sign_and_province(query, is_there):
    pair = make_pair()
    answer = browser_of(make_agent()).get(LIST + query)
    assert answer.status_code == 200
    assert (str(pair.public_id) in answer.content.decode()) is is_there


def test_a_pair_whose_record_leads_elsewhere_is_not_to_be_judged():
    shared = make_citizen()
    pair, other = make_pair(other=shared), make_pair(one=shared, other=make_citizen())
    propose_pair(pair=pair, by=make_agent(), now=timezone.now(), keep=pair.kept)
    join(pair=pair, by=make_agent(), now=timezone.now())
    page = browser_of(make_agent()).get(LIST).content.decode()
    is_open = not (other.kept_id == pair.merged_id or other.merged_id == pair.merged_id)
    assert (str(other.public_id) in page) is is_open


def test_two_persons_do_not_come_up_again():
    pair = make_pair()
    browser = browser_of(make_agent())
    browser.post(f"{LIST}{pair.public_id}/", {"action": "different", "reason": "Hai chị em."})
    assert str(pair.public_id) not in browser.get(LIST).content.decode()
    assert "Hai chị em." in page_of(pair)


def test_what_is_in_the_way_is_said_before_anything_is_pressed():
    lot = make_lot(site=make_site())
    pair = make_pair()
    for citizen in (pair.kept, pair.merged):
        make_dose(lot=lot, citizen=citizen, dose_number=1)
    page = page_of(pair)
    assert 'value="same"' not in page
    assert 'value="different"' in page
    refused = browser_of(make_agent()).post(f"{LIST}{pair.public_id}/", {"action": "same"})
    assert refused.status_code == 302
    pair.refresh_from_db()
    assert pair.status == PairStatus.FOUND


def test_the_undo_page_says_what_goes_back_and_needs_a_reason():
    pair = make_pair()
    lot = make_lot(site=make_site())
    make_dose(lot=lot, citizen=pair.merged, dose_number=1)
    pair = propose_pair(pair=pair, by=make_agent(), now=timezone.now())
    join(pair=pair, by=make_agent(), now=timezone.now())
    browser = browser_of(make_agent())
    address = f"{LIST}{pair.public_id}/apart/"
    assert lot.site.name in browser.get(address).content.decode()
    assert browser.post(address, {"reason": " "}).status_code == 200
    assert browser.post(address, {"reason": "Hai người."}).status_code == 302
    pair.refresh_from_db()
    assert pair.status == PairStatus.REVERSED
    assert browser.get(address).status_code == 302
    assert pair.merged.doses.count() == 1


def test_only_agents_come_in_and_unknown_pairs_are_not_found():
    pair = make_pair()
    recorder = browser_of(make_staff(role=Role.SITE_RECORDER, site=make_site()))
    assert recorder.get(LIST).status_code == 403
    assert recorder.get(f"{LIST}{pair.public_id}/").status_code == 403
    agent = browser_of(make_agent())
    assert agent.get(f"{LIST}00000000-0000-4000-8000-000000000000/").status_code == 404
    assert agent.post(f"{LIST}{pair.public_id}/", {"action": "x"}).status_code == 404
    assert "no-store" in agent.get(LIST)["Cache-Control"]
