"""The citizens' pages as a browser without JavaScript uses them."""

import re
import unicodedata
import uuid
from html import unescape
from urllib.parse import unquote

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from registration.models import (
    Account,
    Citizen,
    IdentityDocument,
    OneTimeCode,
    ShotRegistration,
    SmsMessage,
)
from registration.rules import days_to_wish
from registration.services import codes
from registration.services.check_in_codes import check_in_code_for
from tests.factories import (
    make_account,
    make_citizen,
    make_registration,
    make_session,
    make_site,
    make_staff,
)
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db

CODE = "123456"
PERSON = {
    "full_name": "Nguyễn Thị Ánh Tuyết",
    "date_of_birth_day": "12",
    "date_of_birth_month": "3",
    "date_of_birth_year": "1987",
    "sex": "female",
    "phone": "0912 345 678",
    "id_kind": "cccd",
    "id_number": "001187000345",
    "insurance_number": "",
    "nationality": "VN",
}
HOME = {
    "province": "79",
    "ward": "phuong 5 quan 3",
    "address": "12 Lê Lợi",
    "occupation": "Giáo viên",
    "workplace": "",
}


@pytest.fixture(autouse=True)
def fixed_code(monkeypatch, settings):
    """Every code is 123456, and nothing is printed."""
    settings.SMS_BACKEND = "file"
    settings.SMS_FILE = "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def sign_in(client, phone="0912345678", next_url=""):
    client.post("/account/", {"phone": phone, "next": next_url})
    return client.post("/account/code/", {"code": CODE})


def signed_in(client, *members):
    account = make_account(members=members)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return account


def answers():
    from registration.forms.wish import questions_for

    return {question.code: "no" for question in questions_for("female")}


def wish():
    day = days_to_wish(day_in_vietnam(timezone.now()))[2]
    return {
        "dose_number": "1",
        "dose_kind": "primary",
        "wanted_on": day.isoformat(),
        "wanted_half": "morning",
    }


def fill_in(client, *, person=PERSON, home=HOME):
    """All steps up to the review."""
    client.post("/register/", {"who": "me"})
    client.post("/register/person/", person)
    client.post("/register/home/", home)
    client.post("/register/group/", {"group": "8"})
    client.post("/register/health/", answers())
    return client.post("/register/wish/", wish(), follow=True)


# ── signing in ────────────────────────────────────────────────────────────────────────────────
def test_a_proven_phone_signs_in_and_makes_its_account_once(client):
    assert sign_in(client).url == "/account/"
    assert Account.objects.get().phone == "+84912345678"
    client.post("/account/sign-out/")
    assert client.get("/account/").context["form"]  # asked for the phone again
    OneTimeCode.objects.all().delete()
    sign_in(client)
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    "spelling", ["0912345678", "+84 912 345 678", "84.912.345.678", "０９１２３４５６７８"]
)
def test_spellings_of_a_phone_are_one_account(client, spelling):
    make_account(phone="+84912345678")
    sign_in(client, spelling)
    assert Account.objects.count() == 1


def test_known_and_unknown_phones_get_the_same_page(client):
    make_account(phone="+84912345678")
    pages = []
    for phone in ("0912345678", "0912345679"):
        client.post("/account/", {"phone": phone})
        page = text_of(client.get("/account/code/"))
        pages.append(re.sub(r"091•••67\d|value=\"[^\"]+\"", "", page))
        client.cookies.clear()
    assert pages[0] == pages[1]


def test_the_session_gets_a_new_key_when_it_signs_in(client):
    client.post("/account/", {"phone": "0912345678"})
    fixed = client.session.session_key
    client.post("/account/code/", {"code": CODE})
    assert client.session.session_key != fixed
    assert not Session.objects.filter(session_key=fixed).exists()


def test_a_code_typed_in_another_browser_does_not_sign_in(client):
    from django.test import Client

    client.post("/account/", {"phone": "0912345678"})
    other = Client()
    session = other.session
    session["phone_to_prove"] = {"phone": "+84912345678", "next": "/account/"}
    session.save()
    assert other.post("/account/code/", {"code": CODE}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_a_wrong_code_says_how_many_tries_are_left(client):
    client.post("/account/", {"phone": "0912345678"})
    response = client.post("/account/code/", {"code": "000000"})
    assert "còn thử được 4 lần" in text_of(response)
    assert "<title>Lỗi:" in text_of(response)


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1" * 10_000, "१२३४५"])
def test_what_is_not_six_digits_counts_as_no_try(client, code):
    client.post("/account/", {"phone": "0912345678"})
    assert client.post("/account/code/", {"code": code}).status_code == 200
    assert OneTimeCode.objects.get().wrong_attempts == 0


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert"])
def test_signing_in_leads_to_this_site_only(client, target):
    assert sign_in(client, next_url=target).url == "/account/"


def test_signing_in_leads_on_to_where_one_wanted_to_go(client):
    assert unquote(client.get("/register/home/").url) == "/account/?next=/register/home/"
    assert sign_in(client, next_url="/register/home/").url == "/register/home/"


@pytest.mark.parametrize("phone", ["", "091234567", "02438221122", "0912345678" * 1000, "<b>"])
def test_what_is_no_mobile_number_gets_a_sentence_and_no_code(client, phone):
    response = client.post("/account/", {"phone": phone})
    assert response.status_code == 200
    assert response.context["form"].errors["phone"]
    assert not SmsMessage.objects.exists()


def test_back_and_on_again_within_a_minute_keeps_the_code_that_was_sent(client):
    client.post("/account/", {"phone": "0912345678"})
    assert client.post("/account/", {"phone": "0912345678"}).url == "/account/code/"
    assert OneTimeCode.objects.count() == 1


def test_another_code_within_a_minute_is_refused_in_words(client):
    client.post("/account/", {"phone": "0912345678"})
    page = text_of(client.post("/account/code/again/", follow=True))
    assert "Bạn có thể lấy mã khác từ" in page


def test_a_closed_account_does_not_sign_in(client):
    Account.objects.create(phone="+84912345678", is_active=False)
    sign_in(client)
    assert "_auth_user_id" not in client.session


def test_an_account_that_is_closed_while_signed_in_sees_nothing_more(client):
    citizen = make_citizen()
    account = signed_in(client, citizen)
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert client.get(reverse("registration:person", args=[citizen.public_id])).status_code == 302


def test_a_staff_login_has_no_household(client):
    client.force_login(
        make_staff(role="national_officer"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "form" in client.get("/account/").context
    assert client.get("/account/people/add/").status_code == 302


def test_the_language_of_messages_is_that_of_the_pages(client):
    client.cookies["django_language"] = "en"
    sign_in(client)
    assert Account.objects.get().language == "en"


def test_a_foreign_form_without_our_token_signs_nobody_in():
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/account/", {"phone": "0912345678"}).status_code == 403


# ── registering ───────────────────────────────────────────────────────────────────────────────
def test_four_steps_make_a_registration_with_code_and_qr(client):
    signed_in(client)
    review = text_of(fill_in(client))
    assert "Phường 5, Quận 3" in review
    response = client.post("/register/review/", {"consent": "on"}, follow=True)
    registration = ShotRegistration.objects.get()
    assert registration.code in text_of(response)
    assert 'aria-label="Mã QR tiếp đón"' in text_of(response)
    assert registration.citizen.ward.name == "Phường 5"
    assert registration.medical_history["pregnant"] == "no"
    assert "registration_draft" not in client.session


def test_going_back_shows_what_was_typed(client):
    signed_in(client)
    fill_in(client)
    page = text_of(client.get("/register/person/"))
    assert 'value="001187000345"' in page
    assert 'value="1987"' in page


def test_the_draft_in_the_session_table_is_sealed(client):
    signed_in(client)
    fill_in(client)
    decoded = Session.objects.get(session_key=client.session.session_key).get_decoded()
    assert "001187000345" not in str(decoded)
    assert "Tuyết" not in str(decoded)


def test_a_step_ahead_of_its_time_leads_to_the_first_open_one(client):
    signed_in(client)
    assert client.get("/register/review/").url == "/register/"
    client.post("/register/", {"who": "me"})
    client.post("/register/person/", PERSON)
    assert client.get("/register/review/").url == "/register/home/"


def test_consent_is_asked_for(client):
    signed_in(client)
    fill_in(client)
    response = client.post("/register/review/", {})
    assert response.context["form"].errors["consent"]
    assert not ShotRegistration.objects.exists()


def test_a_text_that_fits_several_wards_is_answered_with_a_list(client):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    client.post("/register/person/", PERSON)
    home = {**HOME, "ward": "p5"}
    response = client.post("/register/home/", home)
    offered = dict(response.context["form"].fields["ward_code"].choices)
    assert "Phường 5, Quận 3" in offered.values()
    code = next(code for code, name in offered.items() if name == "Phường 5, Quận 3")
    assert client.post("/register/home/", {**home, "ward_code": code}).url == "/register/group/"
    assert client.post("/register/home/", {**home, "ward_code": "00001"}).status_code == 200


def test_a_ward_that_is_not_in_the_province_is_not_found(client):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    response = client.post("/register/home/", {**HOME, "ward": "khong co noi nay"})
    assert "Không thấy phường, xã nào" in text_of(response)


def test_an_odd_card_number_warns_once_and_lets_the_person_go_on(client):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    odd = {**PERSON, "date_of_birth_year": "1978"}
    response = client.post("/register/person/", odd)
    assert response.status_code == 200
    assert not response.context["form"].errors
    checked = response.context["form"]["checked"].value()
    assert client.post("/register/person/", {**odd, "checked": checked}).url == "/register/home/"


def test_a_member_of_the_household_is_registered_without_typing_it_all_again(client):
    citizen = make_citizen()
    signed_in(client, citizen)
    response = client.post("/register/", {"who": str(citizen.public_id)})
    assert response.url == "/register/home/"
    assert client.get("/register/person/").status_code == 404
    client.post("/register/home/", HOME)
    client.post("/register/group/", {"group": "8"})
    client.post("/register/health/", answers())
    client.post("/register/wish/", wish())
    client.post("/register/review/", {"consent": "on"})
    assert ShotRegistration.objects.get().citizen == citizen
    assert Citizen.objects.count() == 1


def test_a_stranger_cannot_be_chosen(client):
    signed_in(client)
    response = client.post("/register/", {"who": str(make_citizen().public_id)})
    assert response.context["form"].errors["who"]


def test_somebody_elses_number_is_refused_with_one_sentence_and_a_way_to_help(client):
    owner = make_citizen()
    number = IdentityDocument.objects.get(citizen=owner).number
    signed_in(client)
    fill_in(client, person={**PERSON, "id_number": number, "checked": ""})
    doubtful = client.post("/register/person/", {**PERSON, "id_number": number})
    if doubtful.status_code == 200:
        checked = doubtful.context["form"]["checked"].value()
        client.post("/register/person/", {**PERSON, "id_number": number, "checked": checked})
    response = client.post("/register/review/", {"consent": "on"})
    page = text_of(response)
    assert "Chưa thêm được người này" in page
    assert 'href="/support/"' in page
    assert not ShotRegistration.objects.exists()
    assert not owner.households.exists()


def test_extra_fields_of_a_form_change_nothing(client):
    signed_in(client)
    extra = {"identity_check": "matched", "is_staff": "on", "public_id": str(uuid.uuid4())}
    fill_in(client, person={**PERSON, **extra})
    client.post("/register/review/", {"consent": "on", "status": "approved", "code": "DK-X"})
    registration = ShotRegistration.objects.get()
    assert registration.status == "submitted"
    assert registration.citizen.identity_check == "not_checked"
    assert not Account.objects.filter(is_staff=True).exists()


BAD_PERSONS = [
    ("full_name", "<script>alert(1)</script>"),
    ("full_name", "Nguyễn\u200bThị"),
    ("full_name", "\u202eTuyết"),
    ("full_name", "a" * 10_000),
    ("full_name", "A\x00B"),
    ("full_name", "Nguyễn 2"),
    ("full_name", ""),
    ("date_of_birth_year", "2564"),
    ("date_of_birth_year", "1850"),
    ("date_of_birth_year", "2999"),
    ("date_of_birth_month", "13"),
    ("date_of_birth_year", "x" * 10_000),
    ("id_number", "00118700034"),
    ("id_number", "1" * 10_000),
    ("id_number", "00118700034A"),
    ("id_number", ""),
    ("id_kind", "driving"),
    ("insurance_number", "12"),
    ("nationality", "XX"),
    ("sex", "?"),
    ("phone", "12345"),
]


@pytest.mark.parametrize(("field", "value"), BAD_PERSONS)
def test_bad_input_gets_a_sentence_beside_its_field_and_is_not_kept(client, field, value):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    response = client.post("/register/person/", {**PERSON, field: value})
    assert response.status_code == 200
    name = "date_of_birth" if field.startswith("date_of_birth") else field
    assert response.context["form"].errors[name]
    assert "<script>alert" not in response.content.decode()
    assert client.get("/register/review/").url == "/register/person/"


def test_29_february_2023_and_a_day_without_a_month_are_no_birthdays(client):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    for day, month, year in (("29", "2", "2023"), ("29", "", "1987")):
        born = {"date_of_birth_day": day, "date_of_birth_month": month, "date_of_birth_year": year}
        response = client.post("/register/person/", {**PERSON, **born})
        assert response.context["form"].errors["date_of_birth"]


def test_full_width_digits_a_year_only_and_an_nfd_name_are_understood(client):
    signed_in(client)
    typed = {
        **PERSON,
        "full_name": unicodedata.normalize("NFD", PERSON["full_name"]),
        "date_of_birth_day": "",
        "date_of_birth_month": "",
        "id_number": "００１１８７０００３４５",
    }
    fill_in(client, person=typed)
    client.post("/register/review/", {"consent": "on"})
    citizen = Citizen.objects.get()
    assert citizen.full_name == PERSON["full_name"]
    assert citizen.date_of_birth == "1987"
    assert citizen.documents.get().number == "001187000345"


def test_who_has_no_paper_registers_too(client):
    signed_in(client)
    fill_in(client, person={**PERSON, "id_kind": "none", "id_number": ""})
    client.post("/register/review/", {"consent": "on"})
    assert not Citizen.objects.get().documents.exists()


@pytest.mark.parametrize(
    ("step", "field", "value"),
    [
        ("home", "province", "99"),
        ("home", "province", "\x00"),
        ("group", "group", "abc"),
        ("group", "group", "17"),
        ("home", "occupation", "\u200b"),
        ("home", "address", "a" * 10_000),
        ("health", "pregnant", "maybe"),
        ("wish", "wanted_on", "2021-02-29"),
        ("wish", "wanted_on", "2099-01-01"),
        ("wish", "dose_number", "0"),
        ("wish", "dose_number", "NaN"),
        ("wish", "dose_kind", "extra"),
        ("wish", "wanted_half", ""),
    ],
)
def test_bad_answers_of_the_later_steps_get_a_sentence(client, step, field, value):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    client.post("/register/person/", PERSON)
    good = {"home": HOME, "group": {}, "health": answers(), "wish": wish()}[step]
    response = client.post(f"/register/{step}/", {**good, field: value})
    assert response.status_code == 200
    assert response.context["form"].errors[field]


def test_men_are_not_asked_whether_they_are_pregnant(client):
    signed_in(client)
    client.post("/register/", {"who": "me"})
    client.post("/register/person/", {**PERSON, "sex": "male", "id_number": "001087000345"})
    assert "pregnant" not in client.get("/register/health/").context["form"].fields


# ── the health book ───────────────────────────────────────────────────────────────────────────
def test_a_person_is_shown_to_the_household_with_masked_numbers_and_kept_by_no_cache(client):
    citizen = make_citizen()
    number = citizen.documents.get().number
    signed_in(client, citizen)
    response = client.get(reverse("registration:person", args=[citizen.public_id]))
    page = text_of(response)
    assert citizen.full_name in page
    assert number not in page
    assert citizen.phone not in page
    assert "no-store" in response["Cache-Control"]


PERSON_PAGES = ["registration:person", "registration:change_person"]


@pytest.mark.parametrize("name", PERSON_PAGES)
def test_another_households_person_does_not_exist_here(client, name):
    citizen = make_citizen()
    signed_in(client, make_citizen())
    for public_id in (citizen.public_id, uuid.uuid4()):
        assert client.get(reverse(name, args=[public_id])).status_code == 404


@pytest.mark.parametrize("name", ["registration:registration", "registration:cancel"])
def test_another_households_registration_does_not_exist_here(client, name):
    registration = make_registration()
    signed_in(client, make_citizen())
    assert client.get(reverse(name, args=[registration.public_id])).status_code == 404
    assert client.post(reverse(name, args=[registration.public_id])).status_code in {404, 405}
    registration.refresh_from_db()
    assert registration.status == "submitted"


@pytest.mark.parametrize("name", PERSON_PAGES)
def test_strangers_are_asked_for_their_phone_first(client, name):
    address = reverse(name, args=[make_citizen().public_id])
    assert unquote(client.get(address).url) == f"/account/?next={address}"


def test_a_person_is_found_again_by_the_phone_on_record(client):
    citizen = make_citizen(phone="+84912345678")
    sign_in(client)
    typed = {
        **PERSON,
        "id_number": citizen.documents.get().number,
        "province": "79",
    }
    response = client.post("/account/people/add/", typed)
    if response.status_code == 200:  # the soft check of the card number
        typed["checked"] = response.context["form"]["checked"].value()
        response = client.post("/account/people/add/", typed)
    assert response.url == reverse("registration:person", args=[citizen.public_id])


def test_the_household_changes_home_and_nothing_else(client):
    citizen = make_citizen()
    signed_in(client, citizen)
    typed = {**HOME, "full_name": "Tên Khác", "phone": "0900000000", "date_of_birth": "1950"}
    client.post(reverse("registration:change_person", args=[citizen.public_id]), typed)
    after = Citizen.objects.get()
    assert after.occupation == "Giáo viên"
    assert (after.full_name, after.phone) == (citizen.full_name, citizen.phone)
    assert after.date_of_birth == citizen.date_of_birth


def test_a_registration_is_cancelled_after_one_more_question(client):
    citizen = make_citizen()
    registration = make_registration(citizen=citizen)
    signed_in(client, citizen)
    address = reverse("registration:cancel", args=[registration.public_id])
    assert "Hủy đăng ký này?" in text_of(client.get(address))
    registration.refresh_from_db()
    assert registration.status == "submitted"
    client.post(address)
    registration.refresh_from_db()
    assert registration.status == "cancelled"


# ── the check-in code ─────────────────────────────────────────────────────────────────────────
def test_a_check_in_code_tells_a_passer_by_nothing_and_the_same_as_an_unknown_one(client):
    citizen = make_citizen()
    code = check_in_code_for(citizen=citizen, now=timezone.now()).code
    pages = [text_of(client.get(f"/C/{each}")).replace(each, "") for each in (code, "A" * 26)]
    assert pages[0] == pages[1]
    assert citizen.full_name not in pages[0]


def test_staff_who_scan_a_check_in_code_come_to_the_check_in_with_it(client):
    site = make_site()
    make_session(site=site)
    client.force_login(make_staff(site=site), backend="django.contrib.auth.backends.ModelBackend")
    desk, code = reverse("sites_staff:check_in"), "A" * 26
    opened = client.get(f"/c/{code.lower()}").url
    assert opened == f"{desk}?q={code}"
    assert f'value="{code}"' in client.get(opened, follow=True).content.decode()
    number = client.get(f"{desk}?q=001187000345", follow=True).content.decode()
    assert 'value="001187000345"' not in number


@pytest.mark.parametrize("code", ["A" * 25, "A" * 27, "0" * 26, "%00"])
def test_what_is_no_check_in_code_is_not_found(client, code):
    assert client.get(f"/c/{code}").status_code == 404
