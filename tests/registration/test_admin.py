"""The back office: who sees people, found only by searching, and every look kept."""

import pytest
from django.urls import reverse

from registration.models import AdministrativeUnit, RecordAccess, SmsMessage
from sites.models import Role
from tests.factories import make_citizen, make_registration, make_site, make_staff, province

pytestmark = pytest.mark.django_db
LIST = "/staff/registration/citizen/"


def enter(client, role, **place):
    account = make_staff(role=role, **place)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return account


def names(response):
    return [citizen.full_name for citizen in response.context["cl"].result_list]


def test_the_list_of_citizens_is_empty_until_somebody_is_searched_for(client):
    make_citizen()
    enter(client, Role.AUDITOR)
    assert names(client.get(LIST)) == []
    assert names(client.get(LIST, {"q": "  "})) == []


@pytest.mark.parametrize("typed", ["nguyen thi anh", "0912 345 678", "079187999999", "ánh tuyết"])
def test_a_citizen_is_found_by_unaccented_name_phone_or_whole_number(client, typed):
    from registration.services.citizens import Paper

    citizen = make_citizen(phone="+84912345678", papers=(Paper("cccd", "079187999999"),))
    make_citizen(full_name="Y Blơ")
    enter(client, Role.AUDITOR)
    assert names(client.get(LIST, {"q": typed})) == [citizen.full_name]


def test_a_part_of_a_number_finds_nobody(client):
    make_citizen()
    enter(client, Role.AUDITOR)
    assert names(client.get(LIST, {"q": "079187"})) == []


def test_opening_a_record_shows_masked_numbers_and_is_kept_for_its_owner(client):
    citizen = make_citizen()
    account = enter(client, Role.AGENT)
    page = client.get(reverse("admin:registration_citizen_change", args=[citizen.pk]))
    assert citizen.documents.get().number not in page.content.decode()
    access = RecordAccess.objects.get()
    assert (access.citizen, access.account, access.purpose) == (citizen, account, "admin")


def test_nobody_changes_or_deletes_a_citizen_here(client):
    citizen = make_citizen()
    enter(client, Role.AGENT)
    address = reverse("admin:registration_citizen_change", args=[citizen.pk])
    assert client.post(address, {"full_name": "Tên Khác"}).status_code == 403
    delete = reverse("admin:registration_citizen_delete", args=[citizen.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    citizen.refresh_from_db()
    assert citizen.full_name == "Nguyễn Thị Ánh Tuyết"


@pytest.mark.parametrize("role", [Role.SITE_RECORDER, Role.SITE_DOCTOR, Role.SITE_MANAGER])
def test_staff_of_a_site_browse_no_citizens(client, role):
    citizen = make_citizen()
    enter(client, role, site=make_site())
    assert client.get(LIST, {"q": "nguyen"}).status_code == 403
    record = reverse("admin:registration_citizen_change", args=[citizen.pk])
    assert client.get(record).status_code == 403
    assert not RecordAccess.objects.exists()


def test_a_province_officer_browses_no_citizens_of_the_whole_country(client):
    make_citizen()
    enter(client, Role.PROVINCE_OFFICER, province=province())
    assert client.get(LIST, {"q": "nguyen"}).status_code == 403


def test_a_registration_is_found_by_its_code(client):
    registration = make_registration()
    enter(client, Role.AGENT)
    found = client.get("/staff/registration/shotregistration/", {"q": registration.code.lower()})
    assert list(found.context["cl"].result_list) == [registration]


def test_a_code_that_waits_is_not_shown_to_staff(client):
    message = SmsMessage.objects.create(phone="+84912345678", text="Mã: 123456", is_code=True)
    enter(client, Role.AUDITOR)
    page = client.get(reverse("admin:registration_smsmessage_change", args=[message.pk]))
    assert page.status_code == 200
    assert "123456" not in page.content.decode()
    assert "+84912345678" not in page.content.decode()


def test_who_may_edit_rules_names_a_place_and_its_search_name_follows(client):
    unit = AdministrativeUnit.objects.filter(kind="ward", scheme=2021).first()
    enter(client, Role.NATIONAL_OFFICER)
    client.post(
        reverse("admin:registration_administrativeunit_change", args=[unit.pk]),
        {
            "scheme": 2021,
            "kind": "ward",
            "code": unit.code,
            "name": "Đông Mới",
            "full_name": "Xã Đông Mới",
            "parent": unit.parent_id,
        },
    )
    unit.refresh_from_db()
    assert unit.search_name == "xa dong moi"


def test_citizens_accounts_are_nobodys_to_browse(client):
    from tests.factories import make_account

    make_account()
    enter(client, Role.ADMIN)
    found = client.get("/staff/registration/account/").context["cl"].result_list
    assert all(account.is_staff for account in found)
