"""Registering beyond the plain way: back without loss, the chip card's code, children, and what is
changed afterwards, as a browser without JavaScript does it."""

import datetime
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from registration.models import Citizen, ShotRegistration
from registration.rules import days_to_wish
from tests.factories import make_citizen, make_registration
from tests.registration.test_pages import HOME, PERSON, answers, signed_in, text_of, wish
from vaxplatform.qr import qr_png
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db

CARD = (
    "001187000345|012345678|Nguyễn Thị Ánh Tuyết|12031987|Nữ|"
    "Số 12 ngõ Gạch, Phúc Xá, Ba Đình, Hà Nội|28042021"
)
CHILD = {**PERSON, "date_of_birth_year": "2012", "id_number": "001312000345"}


@pytest.fixture
def begun(client):
    signed_in(client)
    client.post("/register/", {"who": "relative"})
    return client


def photo_of(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("card.png", qr_png(text), "image/png")


def scan(client, **over):
    return client.post("/register/person/", {"go": "scan", **over}, follow=True)


# ── back and on ───────────────────────────────────────────────────────────────────────────────
def test_going_back_keeps_what_is_half_filled_in_and_blames_nobody(begun):
    begun.post("/register/person/", PERSON)
    half = {"go": "back", "ward": "phuc", "occupation": ""}
    assert begun.post("/register/home/", half).url == "/register/person/"
    page = begun.get("/register/home/")
    assert 'value="phuc"' in page.content.decode()
    assert not page.context["form"].errors
    assert begun.get("/register/review/").url == "/register/home/"


def test_going_back_from_the_first_page_leads_to_the_choice_and_keeps_the_page(begun):
    assert begun.post("/register/person/", {**PERSON, "go": "back"}).url == "/register/"
    assert 'value="001187000345"' in begun.get("/register/person/").content.decode()


def test_what_is_kept_unchecked_is_bounded(begun):
    begun.post("/register/person/", {"go": "back", "full_name": "a" * 1_000_000})
    assert len(json.dumps(dict(begun.session))) < 5_000


def test_one_button_says_no_to_the_questions_left_open_and_to_no_other(begun):
    begun.post("/register/person/", PERSON)
    begun.post("/register/home/", HOME)
    begun.post("/register/group/", {"group": "8"})
    sent = begun.post("/register/health/", {"go": "none", "pregnant": "unknown"})
    assert sent.url == "/register/wish/"
    begun.post("/register/wish/", wish())
    begun.post("/register/review/", {"consent": "on"})
    told = ShotRegistration.objects.get().medical_history
    assert told.pop("pregnant") == "unknown"
    assert set(told) == set(answers()) - {"pregnant"}
    assert set(told.values()) == {"no"}


# ── the chip card ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("way", ["photo", "text"])
def test_the_code_of_a_chip_card_fills_in_person_and_home(begun, way):
    read = {"card_photo": photo_of(CARD)} if way == "photo" else {"card_text": CARD}
    page = scan(begun, phone="0912345678", **read)
    form = page.context["form"]
    assert page.redirect_chain[-1][0] == "/register/person/"
    assert form["full_name"].value() == "Nguyễn Thị Ánh Tuyết"
    assert form["date_of_birth"].value() == ["12", "3", "1987"]
    assert (form["sex"].value(), form["id_number"].value()) == ("female", "001187000345")
    assert form["phone"].value() == "0912345678"  # what was typed stays
    assert not form.errors
    home = begun.get("/register/home/").context["form"]
    assert (home["province"].value(), home["ward"].value()) == (
        "01",
        "Phường Phúc Xá, Quận Ba Đình",
    )
    assert home["address"].value() == "Số 12 ngõ Gạch"


def test_a_residence_that_is_not_known_stays_as_text(begun):
    scan(begun, card_text=CARD.replace("Phúc Xá, Ba Đình, Hà Nội", "Nơi Xưa, Huyện Cũ, Hà Đông"))
    home = begun.get("/register/home/").context["form"]
    assert home["address"].value() == "Số 12 ngõ Gạch, Nơi Xưa, Huyện Cũ, Hà Đông"
    assert not home["province"].value()


def test_a_home_that_was_filled_in_is_not_overwritten(begun):
    begun.post("/register/person/", PERSON)
    begun.post("/register/home/", HOME)
    scan(begun, card_text=CARD)
    assert begun.get("/register/home/").context["form"]["ward"].value() == HOME["ward"]


BAD_CARDS = [
    ({"card_text": "HC1:ABC"}, "không phải của thẻ căn cước"),
    ({"card_text": "001187000345|||" + "x" * 10_000}, ""),
    ({"card_text": "001187000345|1|<script>|99999999|?|x"}, "không phải của thẻ căn cước"),
    ({}, "chọn ảnh chụp thẻ trước"),
]


@pytest.mark.parametrize(("sent", "sentence"), BAD_CARDS)
def test_what_is_no_card_gets_a_sentence_and_loses_nothing(begun, sent, sentence):
    page = begun.post("/register/person/", {"go": "scan", "phone": "0912345678", **sent})
    assert page.status_code == 200
    assert sentence in text_of(page)
    assert "<title>Lỗi:" in text_of(page)
    assert 'value="0912345678"' in text_of(page)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
def test_what_is_no_photo_gets_a_sentence(begun, content):
    file = SimpleUploadedFile("card.png", content, "image/png")
    page = begun.post("/register/person/", {"go": "scan", "card_photo": file})
    assert page.context["scan"].errors["card_photo"]


def test_a_photo_of_another_code_is_refused(begun):
    page = scan(begun, card_photo=photo_of("https://example.vn/"))
    assert "không phải của thẻ căn cước" in text_of(page)


def test_enter_in_a_field_goes_on_and_does_not_ask_for_a_card(begun):
    assert begun.post("/register/person/", {**PERSON, "go": "scan"}).url == "/register/home/"


# ── children ──────────────────────────────────────────────────────────────────────────────────
def test_for_a_child_the_guardian_is_asked_and_stands_on_the_registration(begun):
    assert begun.post("/register/person/", CHILD).url == "/register/guardian/"
    begun.post("/register/home/", HOME)
    begun.post("/register/group/", {"group": "8"})
    begun.post("/register/health/", answers())
    begun.post("/register/wish/", wish())
    assert begun.get("/register/review/").url == "/register/guardian/"
    mother = {
        "guardian_name": "Trần Thị Hoa",
        "guardian_relation": "parent",
        "guardian_phone": "0912 345 678",
    }
    begun.post("/register/guardian/", mother)
    assert "Trần Thị Hoa" in text_of(begun.get("/register/review/"))
    page = begun.post("/register/review/", {"consent": "on"}, follow=True)
    registration = ShotRegistration.objects.get()
    assert registration.guardian_phone == "+84912345678"
    assert "Trần Thị Hoa – Cha hoặc mẹ" in text_of(page)


def test_who_is_of_age_is_not_asked_for_a_guardian(begun):
    assert begun.post("/register/person/", PERSON).url == "/register/home/"
    assert begun.get("/register/guardian/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guardian_name", "<b>"),
        ("guardian_name", "a" * 10_000),
        ("guardian_relation", "aunt"),
        ("guardian_phone", "12"),
    ],
)
def test_a_guardian_has_a_name_a_relation_and_perhaps_a_phone(begun, field, value):
    begun.post("/register/person/", CHILD)
    good = {"guardian_name": "Trần Thị Hoa", "guardian_relation": "parent"}
    page = begun.post("/register/guardian/", {**good, field: value})
    assert page.context["form"].errors[field]


def test_a_child_of_the_household_is_asked_for_too(client):
    child = make_citizen(date_of_birth="2012-03-12")
    signed_in(client, child)
    assert client.post("/register/", {"who": str(child.public_id)}).url == "/register/guardian/"


# ── changed afterwards ────────────────────────────────────────────────────────────────────────
@pytest.fixture
def registration(client):
    citizen = make_citizen()
    signed_in(client, citizen)
    return make_registration(citizen=citizen)


def address(registration, name):
    return reverse(f"registration:{name}", args=[registration.public_id])


def test_another_day_is_chosen(client, registration):
    day = days_to_wish(day_in_vietnam(timezone.now()))[5]
    typed = {"wanted_on": day.isoformat(), "wanted_half": "afternoon"}
    client.post(address(registration, "change"), typed)
    registration.refresh_from_db()
    assert (registration.wanted_on, registration.wanted_half) == (day, "afternoon")


def test_a_day_that_is_past_may_be_kept_and_no_other(client, registration):
    ShotRegistration.objects.update(wanted_on=datetime.date(2021, 11, 6))
    page = address(registration, "change")
    bad = client.post(page, {"wanted_on": "2021-11-07", "wanted_half": "morning"})
    assert bad.context["form"].errors["wanted_on"]
    kept = client.post(page, {"wanted_on": "2021-11-06", "wanted_half": "afternoon"})
    assert kept.status_code == 302


def test_another_place_is_chosen_and_home_again(client, registration):
    page = address(registration, "move")
    client.post(page, {"province": "01", "ward": "phuc xa"})
    registration.refresh_from_db()
    assert registration.wanted_place.full_name == "Phường Phúc Xá"
    assert "Phường Phúc Xá" in text_of(client.get(address(registration, "registration")))
    assert 'value="Phường Phúc Xá, Quận Ba Đình"' in client.get(page).content.decode()
    home = Citizen.objects.get().province.code
    client.post(page, {"province": home, "ward": ""})
    registration.refresh_from_db()
    assert registration.wanted_place is None
    assert Citizen.objects.get().province.code == home


def test_what_is_over_says_so_instead_of_a_form(client, registration):
    ShotRegistration.objects.update(status="vaccinated")
    for name in ("change", "move"):
        page = client.get(address(registration, name))
        assert "Không đổi được ở đây nữa" in text_of(page)


@pytest.mark.parametrize("name", ["change", "move", "registered"])
def test_another_households_registration_is_not_changed_here(client, name):
    foreign = make_registration()
    signed_in(client, make_citizen())
    assert client.get(address(foreign, name)).status_code == 404


# ── places ────────────────────────────────────────────────────────────────────────────────────
def test_the_wards_of_a_province_are_told_to_everybody_and_kept_by_caches(client):
    answer = client.get("/places/01/wards.json")
    assert "Phường Phúc Xá, Quận Ba Đình" in answer.json()["wards"]
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    assert client.get("/places/00/wards.json").status_code == 404


def test_wards_are_told_in_the_order_of_their_numbers(client):
    wards = client.get("/places/79/wards.json").json()["wards"]
    assert wards.index("Phường 9, Quận 3") < wards.index("Phường 10, Quận 3")
