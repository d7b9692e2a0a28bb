"""The feed of a site's certificates: nothing is skipped, whatever commits late."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from certificates.models import CertificateChange, ChangeFeed
from certificates.services.changes import changes_after, forget_old_changes, number_changes
from certificates.services.issuance import drain_due
from certificates.services.revocation import revoke_certificate
from registration.models import Citizen, RecordAccess
from sites.models import Dose
from sites.services.access import create_api_client
from tests.certificates.conftest import issued
from tests.factories import make_dose, make_lot, make_site

URL = "/api/v1/certificates/changes/"


@pytest.fixture
def site(db, signing_keys):
    return make_site()


@pytest.fixture
def his(site) -> Client:
    _client, token = create_api_client(name="HIS", site=site)
    return Client(headers={"Authorization": f"Token {token}"})


def dose_at(site):
    return make_dose(lot=make_lot(site=site))


def read(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def events(body):
    return [(change["event"], change["dose_id"]) for change in body["changes"]]


def test_an_issued_certificate_is_told_with_its_code(his, site):
    certificate = issued(dose_at(site))
    body = read(his)
    (change,) = body["changes"]
    assert (change["event"], change["number"]) == ("issued", 1)
    assert change["dose_id"] == str(certificate.dose.public_id)
    assert change["certificate"]["hcert"] == certificate.hcert
    assert datetime.datetime.fromisoformat(change["at"]) == certificate.issued_at
    assert (body["cursor"], body["more"]) == (1, False)
    assert RecordAccess.objects.get().citizen_id == certificate.dose.citizen_id


def test_a_correction_tells_the_replaced_one_and_then_the_new_one(his, site):
    dose = dose_at(site)
    old = issued(dose)
    cursor = read(his)["cursor"]
    Citizen.objects.filter(pk=dose.citizen_id).update(full_name="Nguyễn Thị Ánh Tuyên")
    new = issued(dose)
    body = read(his, after=cursor)
    assert [change["event"] for change in body["changes"]] == ["replaced", "issued"]
    uvcis = [change["certificate"]["uvci"] for change in body["changes"]]
    assert uvcis == [old.uvci, new.uvci]
    assert body["changes"][0]["certificate"]["status"] == "superseded"


def test_a_revoked_certificate_and_that_of_a_voided_dose_are_told(his, site):
    revoked, voided = dose_at(site), dose_at(site)
    drain_due()
    cursor = read(his)["cursor"]
    revoke_certificate(uvci=revoked.certificates.get().uvci, reason="Cấp nhầm người")
    Dose.objects.filter(pk=voided.pk).update(status="voided", void_reason="Nhập nhầm")
    said = events(read(his, after=cursor))
    assert said == [("revoked", str(revoked.public_id)), ("revoked", str(voided.public_id))]


def test_other_sites_and_sites_without_a_system_are_not_told_of(his, site):
    other = make_site()
    _client, token = create_api_client(name="Khác", site=other)
    issued(dose_at(site)), issued(dose_at(other)), issued(dose_at(make_site()))
    assert len(read(his)["changes"]) == 1
    theirs = read(Client(headers={"Authorization": f"Token {token}"}))
    assert [change["number"] for change in theirs["changes"]] == [1]
    assert CertificateChange.objects.count() == 2


def test_the_same_cursor_answers_the_same_again_and_pages_join_without_a_gap(his, site):
    doses = [str(dose_at(site).public_id) for _n in range(7)]
    drain_due()
    assert read(his, limit=3) == read(his, limit=3)
    seen, after, more = [], 0, True
    while more:
        body = read(his, after=after, limit=3)
        seen += [dose for _event, dose in events(body)]
        after, more = body["cursor"], body["more"]
    assert sorted(seen) == sorted(doses)
    assert read(his, after=after) == {"changes": [], "cursor": 7, "more": False}


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_not_skipped(site):
    """The first row is written first and committed last; a reader comes between."""
    client, _token = create_api_client(name="HIS", site=site)
    early, late = issued(dose_at(site)), issued(dose_at(site))
    CertificateChange.objects.all().delete()
    written, read_once = threading.Event(), threading.Event()

    def revoke_slowly():
        try:
            with transaction.atomic():
                revoke_certificate(uvci=early.uvci, reason="chậm")
                written.set()
                assert read_once.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=revoke_slowly)
    thread.start()
    assert written.wait(20)
    revoke_certificate(uvci=late.uvci, reason="nhanh")
    first = changes_after(site_id=client.site_id, after=None, limit=10)
    read_once.set()
    thread.join()
    second = changes_after(site_id=client.site_id, after=first.cursor, limit=10)
    assert [change.certificate for change in first.changes] == [late]
    assert [change.certificate for change in second.changes] == [early]
    assert second.changes[0].pk < first.changes[0].pk, "written first, numbered last"
    assert [first.cursor, second.cursor] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_readers_at_once_give_each_change_one_number(site):
    client, _token = create_api_client(name="HIS", site=site)
    for _n in range(5):
        issued(dose_at(site))
    barrier, errors = threading.Barrier(6), []

    def number():
        try:
            barrier.wait()
            number_changes(client.site_id)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=number) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    numbers = CertificateChange.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5]
    assert ChangeFeed.objects.get().last_number == 5


def test_a_cursor_that_slept_too_long_is_told_so_and_no_other(his, site):
    dose_at(site), dose_at(site)
    drain_due()
    assert read(his)["cursor"] == 2
    long_ago = timezone.now() - datetime.timedelta(days=91)
    CertificateChange.objects.update(at=long_ago)
    issued(dose_at(site))
    CertificateChange.objects.filter(number=None).update(at=long_ago)  # nobody has read this one
    kept = issued(dose_at(site))
    assert forget_old_changes(timezone.now()) == 3
    assert forget_old_changes(timezone.now()) == 0
    for cursor in (0, 1, 2, 99):
        answer = his.get(URL, {"after": cursor})
        assert answer.status_code == 410
        assert answer.json()["code"] == "cursor_unknown"
    assert events(read(his, after=3)) == [("issued", str(kept.dose.public_id))]
    assert events(read(his)) == [("issued", str(kept.dose.public_id))]
    CertificateChange.objects.update(at=long_ago)
    forget_old_changes(timezone.now())
    assert read(his) == {"changes": [], "cursor": 4, "more": False}


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "x"}, {"after": "9" * 19}, {"limit": 0}, {"limit": 501}]
)
def test_what_is_no_cursor_or_limit_is_400_by_field(his, query):
    answer = his.get(URL, query)
    assert answer.status_code == 400
    assert list(answer.json()) == list(query)


def test_strangers_are_401(db):
    assert Client().get(URL).status_code == 401
