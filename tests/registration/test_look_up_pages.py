"""The pages of a look-up without an account, as a browser without JavaScript uses them."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registration.models import OneTimeCode, SmsMessage
from registration.opened import OPENED
from registration.services import codes
from registration.services.citizens import Paper
from registration.services.record_codes import send_codes_for_records
from tests.factories import make_account, make_citizen, make_dose
from tests.registration.test_pages import text_of

pytestmark = pytest.mark.django_db
CODE, NUMBER = "123456", "079187000345"
NAMED = {
    "full_name": "nguyen thi anh tuyet",
    "date_of_birth_day": "12",
    "date_of_birth_month": "3",
    "date_of_birth_year": "1987",
    "sex": "female",
}
BY_PHONE = {**NAMED, "by": "phone", "phone": "0912 345 678", "id_number": ""}
BY_PAPER = {**NAMED, "by": "paper", "phone": "", "id_number": NUMBER}


@pytest.fixture(autouse=True)
def fixed_code(monkeypatch, settings):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


@pytest.fixture
def dose():
    person = make_citizen(phone="+84912345678", papers=(Paper("cccd", NUMBER),))
    return make_dose(citizen=person)


def open_record(client, named=BY_PHONE):
    client.post("/look-up/", named)
    return client.post("/look-up/code/", {"code": CODE})


def test_the_code_of_the_phone_on_record_opens_doses_and_the_reason_for_a_missing_certificate(
    client, dose
):
    assert open_record(client).url == "/look-up/record/"
    page = client.get("/look-up/record/")
    text = text_of(page)
    assert dose.lot.number in text
    assert "Chứng nhận mũi 1" in text
    assert NUMBER not in text
    assert page["Cache-Control"] == "private, no-store"
    assert "/wallet/" not in text


def test_a_paper_leads_to_the_phone_on_record_without_showing_it(client, dose):
    page = client.post("/look-up/", BY_PAPER, follow=True)
    assert "5678" not in text_of(page)
    assert not SmsMessage.objects.exists()
    send_codes_for_records(timezone.now())
    assert SmsMessage.objects.get().phone == "+84912345678"
    assert client.post("/look-up/code/", {"code": CODE}).url == "/look-up/record/"


def test_known_and_unknown_papers_get_the_same_pages(dose):
    pages = []
    for number in (NUMBER, "079187000346"):
        client = Client()
        client.post("/look-up/", {**BY_PAPER, "id_number": number})
        send_codes_for_records(timezone.now())
        asked = text_of(client.get("/look-up/code/"))
        wrong = text_of(client.post("/look-up/code/", {"code": "000000"}))
        pages.append(re.sub(r"•+\d+|value=\"[^\"]+\"", "", asked + wrong))
    assert pages[0] == pages[1]


def test_a_phone_that_is_on_no_record_is_told_so_and_sees_nothing(client, dose):
    answer = open_record(client, {**BY_PHONE, "phone": "0987654321"})
    assert "Không có hồ sơ nào khớp" in text_of(answer)
    assert client.get("/look-up/record/").url == "/look-up/"


def test_the_record_closes_after_a_quarter_of_an_hour_and_by_hand(client, dose):
    open_record(client)
    client.post("/look-up/close/")
    assert client.get("/look-up/record/").url == "/look-up/"
    OneTimeCode.objects.all().delete()
    open_record(client)
    session = client.session
    session[OPENED] = {**session[OPENED], "until": "2021-11-06T03:00:00+00:00"}
    session.save()
    assert client.get("/look-up/record/").url == "/look-up/"


def test_the_session_gets_a_new_key_with_the_record(client, dose):
    client.post("/look-up/", BY_PHONE)
    before = client.session.session_key
    client.post("/look-up/code/", {"code": CODE})
    assert client.session.session_key != before


def test_nothing_of_the_person_stands_in_an_address(client, dose):
    client.post("/look-up/", BY_PHONE)
    answer = client.post("/look-up/code/", {"code": CODE})
    assert str(dose.citizen.public_id) not in answer.url


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 10_000}, "full_name"),
        ({"date_of_birth_year": "2564"}, "date_of_birth"),
        ({"date_of_birth_day": "31", "date_of_birth_month": "2"}, "date_of_birth"),
        ({"sex": "x"}, "sex"),
        ({"by": "x"}, "by"),
        ({"phone": ""}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"by": "paper"}, "id_number"),
        ({"by": "paper", "id_number": "12"}, "id_number"),
        ({"by": "paper", "id_number": "<b>" * 20}, "id_number"),
    ],
)
def test_what_cannot_be_right_says_so_beside_its_field_and_keeps_what_was_typed(
    client, wrong, field
):
    page = client.post("/look-up/", {**BY_PHONE, **wrong})
    assert page.status_code == 200
    assert page.context["form"].errors[field]
    assert not OneTimeCode.objects.exists()


def test_back_and_on_again_within_a_minute_keeps_the_code_that_was_sent(client, dose):
    client.post("/look-up/", BY_PHONE)
    assert client.post("/look-up/", BY_PHONE).url == "/look-up/code/"
    assert OneTimeCode.objects.count() == 1
    other = client.post("/look-up/", {**BY_PHONE, "full_name": "Trần Văn Khác"})
    assert other.context["form"].errors["phone"]


def test_a_record_that_was_opened_by_a_code_opens_no_page_of_the_household(client, dose):
    make_account(members=(dose.citizen,))
    open_record(client)
    address = reverse("registration:person", args=[dose.citizen.public_id])
    assert client.get(address).url.startswith("/account/")


def test_neither_logs_nor_tables_hold_in_clear_what_was_typed(client, dose, capfd):
    client.post("/look-up/", BY_PAPER)
    client.post("/look-up/code/", {"code": "000000"})
    session = Session.objects.get().get_decoded()
    stored = [str(session), *map(str, OneTimeCode.objects.values_list()), *capfd.readouterr()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(question, 'escape') FROM registration_codeforrecord")
        stored += [text for (text,) in cursor.fetchall()]
    assert len(stored) == 5
    assert not [text for text in stored if NUMBER in text or "tuyet" in text or CODE in text]
