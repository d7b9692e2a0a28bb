"""The citizen's side: what is right, photos, more words, an objection, and the look-up by phone."""

import datetime
import io
import unicodedata

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from registration.models import Citizen, RecordAccess
from response_center.exceptions import CaseClosed, TooManyPhotos
from response_center.models import Case, CaseEvidence, CaseUrgency, Correction
from response_center.services.cases import claim_case, reject_case
from response_center.services.evidence import add_evidence, forget_photos, photo_of
from response_center.services.more_said import say_more
from tests.factories import make_account, make_citizen, make_dose, make_site, make_staff
from tests.response_center.making import make_agent, make_case
from tests.response_center.test_support_pages import (  # noqa: F401
    PHONE,
    citizen,
    codes,
    signed_in,
)
from tests.sites.test_paper_sheets import bomb

pytestmark = pytest.mark.django_db


def picture(color: str = "red", **save) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(target, "JPEG", **save)
    return target.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Máy ảnh của tôi"
    return picture(exif=exif.tobytes())


def upload(content: bytes, name: str = "phieu.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def closed(case: Case, now: datetime.datetime | None = None) -> Case:
    agent, now = make_agent(), now or timezone.now()
    claim_case(case=case, agent=agent, now=now)
    return reject_case(case=case, by=agent, reason="no_such_dose", words="Không có", now=now)


def test_a_photo_is_kept_sealed_and_without_what_the_camera_wrote():
    sent = with_place()
    assert b"Exif" in sent
    kept = add_evidence(case=make_case(), kind="slip", content=sent, now=timezone.now())
    photo = photo_of(CaseEvidence.objects.get(pk=kept.pk))
    assert photo is not None
    assert b"Exif" not in photo
    assert Image.open(io.BytesIO(photo)).format == "JPEG"
    assert not bytes(kept.photo).startswith(b"\xff\xd8")


def test_the_same_photo_twice_is_one_and_a_sixth_is_refused():
    case, now = make_case(), timezone.now()
    colors = ("red", "blue", "green", "white", "black")
    for color in (*colors, "red"):
        add_evidence(case=case, kind="slip", content=picture(color), now=now)
    assert case.evidence.count() == 5
    with pytest.raises(TooManyPhotos):
        add_evidence(case=case, kind="slip", content=picture("yellow"), now=now)


def test_photos_are_forgotten_90_days_after_the_end_and_not_before():
    case, now = make_case(), timezone.now()
    kept = add_evidence(case=case, kind="slip", content=picture(), now=now)
    assert forget_photos(now + datetime.timedelta(days=400)) == 0
    closed(case, now)
    assert forget_photos(now + datetime.timedelta(days=89)) == 0
    assert forget_photos(now + datetime.timedelta(days=90)) == 1
    kept.refresh_from_db()
    assert photo_of(kept) is None
    assert kept.forgotten_at is not None


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 no picture", b"", bomb(), b"\xff\xd8" + b"0" * (20 * 1024 * 1024)],
    ids=["renamed", "empty", "bomb", "20 MB"],
)
def test_what_is_no_photo_is_refused_on_the_page_with_a_sentence(signed_in, citizen, content):  # noqa: F811
    case = make_case(citizen=citizen)
    data = {"kind": "slip", "photo": upload(content)}
    page = signed_in.post(f"/support/cases/{case.number}/photo/", data)
    assert page.status_code == 400
    assert page.context["form"].errors["photo"]
    assert not case.evidence.exists()


def test_a_photo_is_shown_to_the_household_and_to_those_who_work_on_it_only(signed_in, citizen):  # noqa: F811
    case = make_case(citizen=citizen)
    data = {"kind": "slip", "photo": upload(picture())}
    assert signed_in.post(f"/support/cases/{case.number}/photo/", data).status_code == 302
    photo = case.evidence.get()
    address, desk = f"/support/photos/{photo.public_id}/", f"/staff/evidence/{photo.public_id}/"
    own = signed_in.get(address)
    assert own["Content-Type"] == "image/jpeg"
    assert "no-store" in own["Cache-Control"]
    assert Client().get(address).status_code == 404
    agent, stranger = Client(), Client()
    login = make_agent()
    backend = "django.contrib.auth.backends.ModelBackend"
    agent.force_login(login, backend=backend)
    stranger.force_login(make_staff(site=make_site()), backend=backend)
    shown = agent.get(desk)
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    assert RecordAccess.objects.filter(citizen=citizen, account=login, purpose="case").exists()
    assert stranger.get(desk).status_code in (403, 404)


def test_what_is_right_stands_beside_what_is_on_record(signed_in, citizen):  # noqa: F811
    old = citizen.full_name
    form = {"person": str(citizen.public_id), "right_full_name": "Đinh Thị Lụa"}
    page = signed_in.post("/support/report/wrong-data/", form, follow=True)
    line = Correction.objects.get(case__citizen=citizen, status="asked").lines.get()
    assert (line.field, line.old, line.new) == ("full_name", old, "Đinh Thị Lụa")
    assert "<ins>Đinh Thị Lụa</ins>" in page.content.decode()


def test_a_right_value_that_cannot_be_is_refused_beside_its_field(signed_in, citizen):  # noqa: F811
    form = {"person": str(citizen.public_id), "right_id_number": "12"}
    page = signed_in.post("/support/report/wrong-data/", form)
    assert page.context["form"].errors["right_id_number"]
    assert not Case.objects.exists()


def test_a_correction_of_a_shot_names_the_shot(signed_in, citizen):  # noqa: F811
    form = {"person": str(citizen.public_id), "right_lot_number": "AB123"}
    page = signed_in.post("/support/report/wrong-data/", form)
    assert page.context["form"].errors["dose_number"]
    dose = make_dose(citizen=citizen)
    signed_in.post("/support/report/wrong-data/", {**form, "dose_number": str(dose.dose_number)})
    assert Correction.objects.get().dose == dose


def test_the_doses_to_choose_from_speak_the_language_of_the_page(client):
    client.cookies["django_language"] = "en"
    assert "Dose 2" in client.get("/support/report/wrong-data/").content.decode().replace(
        "\xa0", " "
    )


def test_a_sign_of_danger_puts_a_reaction_first(signed_in, citizen):  # noqa: F811
    form = {"person": str(citizen.public_id), "danger": ["breath"], "description": "Khó thở"}
    signed_in.post("/support/report/reaction/", form)
    assert Case.objects.get().urgency == CaseUrgency.DANGER


def test_words_are_composed_without_invisible_characters_and_markup_stays_text(signed_in, citizen):  # noqa: F811
    case = make_case(citizen=citizen)
    typed = unicodedata.normalize("NFD", "Tiêm\u200b ở trạm <b onclick=x>")
    page = signed_in.post(f"/support/cases/{case.number}/more/", {"words": typed}, follow=True)
    assert page.status_code == 200
    assert case.events.get(verb="more_said").note == "Tiêm ở trạm <b onclick=x>"
    assert "<b onclick" not in page.content.decode()


def test_ten_thousand_characters_are_refused_with_a_sentence(signed_in, citizen):  # noqa: F811
    case = make_case(citizen=citizen)
    page = signed_in.post(f"/support/cases/{case.number}/more/", {"words": "a" * 10_000})
    assert page.status_code == 400
    assert page.context["form"].errors["words"]


def test_an_ended_report_takes_no_more_words_and_no_photo():
    case = closed(make_case())
    with pytest.raises(CaseClosed):
        say_more(case=case, words="Còn nữa", now=timezone.now())
    with pytest.raises(CaseClosed):
        add_evidence(case=case, kind="slip", content=picture(), now=timezone.now())


def test_the_person_objects_once_from_the_page(signed_in, citizen):  # noqa: F811
    case = closed(make_case(citizen=citizen))
    address = f"/support/cases/{case.number}/"
    assert signed_in.get(address).context["objection_form"] is not None
    assert signed_in.post(f"{address}object/", {"words": "Tôi có phiếu"}).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.objected_at is not None) == ("open", True)
    assert signed_in.post(f"{address}object/", {"words": "Lần nữa"}).status_code == 400


def test_nobody_adds_to_the_report_of_somebody_else():
    case = make_case()
    for what, data in (("more", {"words": "a"}), ("object", {"words": "a"}), ("photo", {})):
        answer = Client().post(f"/support/cases/{case.number}/{what}/", data)
        assert answer.status_code == 302
        assert answer["Location"] == "/support/follow/"
    assert case.events.filter(verb="more_said").count() == 0


def typed(person, phone="0912 345 678"):
    year, *rest = person.date_of_birth.split("-")
    form = {"full_name": person.full_name, "date_of_birth_year": year, "phone": phone}
    return form | dict(zip(("date_of_birth_month", "date_of_birth_day"), rest, strict=False))


def look_up(client, codes, person):  # noqa: F811
    """Through the form and the code; the answer."""
    client.post("/support/check/", typed(person))
    return client.post("/support/check/code/", {"code": codes[PHONE]}, follow=True)


def nobody():
    """A person who is not on record."""
    return Citizen(full_name="Phạm Thị Không Có", date_of_birth="1950-02-03")


def test_a_proven_phone_is_told_about_its_own_person(client, codes):  # noqa: F811
    person = make_citizen()
    make_account(phone=PHONE, members=(person,))
    make_dose(citizen=person)
    answer = look_up(client, codes, person)
    assert answer.context["diagnosis"].cause != "not_entered"
    assert "no-store" in answer["Cache-Control"]
    looked = RecordAccess.objects.get(citizen=person)
    assert (looked.account, looked.purpose) == (None, "own_phone")


def test_of_somebody_elses_record_nothing_is_told_before_or_after_the_code(client, codes):  # noqa: F811
    person = make_citizen()
    make_dose(citizen=person)
    sent = [
        Client().post("/support/check/", typed(each, phone))
        for each, phone in ((person, "0912 345 671"), (nobody(), "0912 345 672"))
    ]
    assert [answer["Location"] for answer in sent] == ["/support/check/code/"] * 2
    known = look_up(client, codes, person).context["diagnosis"]
    unknown = client.post("/support/check/", typed(nobody())).context["diagnosis"]
    assert known == unknown
    assert known.cause == "not_entered"
    assert not RecordAccess.objects.filter(citizen=person).exists()


def test_a_session_with_something_else_in_it_starts_the_look_up_anew(client):
    session = client.session
    session["support_check"] = "full_name=%00&phone=x"
    session.save()
    assert client.get("/support/check/code/")["Location"] == "/support/check/"


@pytest.mark.parametrize(
    ("language", "title"), [("vi", "Tra cứu"), ("en", "Where is my certificate?")]
)
def test_the_look_up_speaks_both_languages(client, language, title):
    client.cookies["django_language"] = language
    assert title in client.get("/support/check/").content.decode()
