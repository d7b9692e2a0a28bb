"""The work pages: who may open them, what they do, and refusals in words."""

import uuid

import pytest
from django.utils import timezone

from sites.models import Dose, Role, ScreeningForm, Session, Visit, VisitStatus
from tests.factories import (
    PASSWORD,
    make_citizen,
    make_lot,
    make_session,
    make_site,
    make_staff,
    province,
)
from tests.sites.making import Desk

pytestmark = pytest.mark.django_db
SCAN = "079187012345|012345678|Trần Thị Mới|12031987|Nữ|12 Lê Lợi|01012021"
DESKS = ("checkin", "screening", "dose", "observe", "paper", "session")


@pytest.fixture
def desk():
    return Desk()


def sign_in(client, account):
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def open_page(client, path):
    return client.get(f"/staff/{path}")


# ── who may ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", DESKS)
def test_a_stranger_is_sent_to_the_sign_in(client, path):
    answer = open_page(client, f"{path}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/staff/login/")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.SITE_RECORDER, {"checkin", "dose", "observe", "paper", "session"}),
        (Role.SITE_DOCTOR, {"checkin", "screening", "dose", "observe", "session"}),
        (Role.SITE_MANAGER, set(DESKS)),
    ],
)
def test_a_role_opens_its_desks_only(client, desk, role, allowed):
    sign_in(client, make_staff(role=role, site=desk.site))
    answers = {path: open_page(client, f"{path}/").status_code for path in DESKS}
    assert {path for path, status in answers.items() if status == 200} == allowed
    assert all(answers[path] == 403 for path in set(DESKS) - allowed)


@pytest.mark.parametrize("role", [Role.NATIONAL_OFFICER, Role.AGENT, Role.AUDITOR, Role.ADMIN])
def test_staff_of_no_site_work_at_no_desk(client, role):
    sign_in(client, make_staff(role=role))
    assert all(open_page(client, f"{path}/").status_code == 403 for path in DESKS)


def test_a_province_officer_works_at_no_desk(client):
    sign_in(client, make_staff(role=Role.PROVINCE_OFFICER, province=province("79")))
    assert open_page(client, "checkin/").status_code == 403


def test_a_disabled_login_is_out_with_its_next_click(client, desk):
    sign_in(client, desk.recorder)
    assert open_page(client, "checkin/").status_code == 200
    desk.recorder.is_active = False
    desk.recorder.save()
    assert open_page(client, "checkin/").status_code == 302


def test_who_is_moved_to_another_site_sees_that_one_with_the_next_click(client, desk):
    visit = desk.clear()
    sign_in(client, desk.recorder)
    assert open_page(client, f"dose/{visit.public_id}/").status_code == 200
    other = Desk()
    desk.recorder.posting.site = other.site
    desk.recorder.posting.save()
    assert open_page(client, f"dose/{visit.public_id}/").status_code == 404


@pytest.mark.parametrize(
    "path", ["dose/{}/", "dose/{}/not/", "checkin/{}/undo/", "observe/{}/early/"]
)
def test_another_sites_visit_is_404(client, desk, path):
    visit = Desk().clear()
    sign_in(client, desk.manager)
    assert open_page(client, path.format(visit.public_id)).status_code == 404
    assert client.post(f"/staff/{path.format(visit.public_id)}", {"reason": "x"}).status_code == 404


def test_a_foreign_csrf_token_changes_nothing(desk):
    from django.test import Client

    client = sign_in(Client(enforce_csrf_checks=True), desk.recorder)
    assert client.post("/staff/checkin/", {"q": "079187012345"}).status_code == 403


def test_the_password_opens_the_desk(client, desk):
    answer = client.post(
        "/staff/login/",
        {"username": desk.recorder.username, "password": PASSWORD, "next": "/staff/checkin/"},
    )
    assert answer["Location"] == "/staff/checkin/"


# ── check in ──────────────────────────────────────────────────────────────────────────────────
def search(client, text):
    return client.post("/staff/checkin/", {"q": text})


def test_scan_then_enter_then_enter_is_checked_in(client, desk):
    citizen = make_citizen(full_name="Nguyễn Văn Lợi", phone="+84912345678")
    sign_in(client, desk.recorder)
    card = search(client, "0912345678").context["card"]
    answer = client.post("/staff/checkin/person/", {"person": card.token}, follow=True)
    assert Visit.objects.get().citizen == citizen
    assert "Nguyễn Văn Lợi" in answer.content.decode()


def test_a_card_shown_to_one_login_is_no_good_to_another(client, desk):
    make_citizen(phone="+84912345678")
    token = search(sign_in(client, desk.recorder), "0912345678").context["card"].token
    sign_in(client, desk.doctor)
    for forged in (token, "x", ""):
        client.post("/staff/checkin/person/", {"person": forged})
    assert not Visit.objects.exists()


def test_namesakes_are_told_apart_before_one_is_chosen(client, desk):
    for day in ("1954-03-27", "1954-07-01"):
        make_citizen(full_name="Nguyễn Văn Lợi", date_of_birth=day)
    sign_in(client, desk.recorder)
    choices = search(client, "nguyen van loi 1954").context["choices"]
    assert len(choices) == 2
    answer = client.post("/staff/checkin/", {"choose": choices[1]["token"]})
    assert answer.context["card"].person.date_of_birth == choices[1]["person"].date_of_birth


def test_a_stranger_with_a_card_is_added_from_its_qr(client, desk):
    sign_in(client, desk.recorder)
    assert search(client, SCAN).context["scan_text"] == SCAN
    form = client.post("/staff/checkin/new/", {"scan": SCAN}).context["form"]
    assert form.initial["full_name"] == "Trần Thị Mới"
    born = {"date_of_birth_0": "12", "date_of_birth_1": "3", "date_of_birth_2": "1987"}
    names = [w["name"] for w in form["date_of_birth"].subwidgets[0].data["subwidgets"]]
    body = {name: form.initial.get(name) or "" for name in form.fields if name != "date_of_birth"}
    body |= dict(zip(names, born.values(), strict=True)) | {"step": "save"}
    answer = client.post("/staff/checkin/new/", body)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Visit.objects.get().citizen.full_name == "Trần Thị Mới"


def test_what_is_searched_never_stands_in_an_address(client, desk):
    page = open_page(sign_in(client, desk.recorder), "checkin/").content.decode()
    assert 'method="post" action="/staff/checkin/" role="search"' in page


def test_a_name_without_a_year_is_refused_beside_the_field(client, desk):
    sign_in(client, desk.recorder)
    page = search(client, "nguyen van loi").content.decode()
    assert 'id="id_q_error"' in page
    assert 'aria-describedby="scan-hint id_q_error"' in page


def test_without_a_session_the_picker_comes_first(client, desk):
    Session.objects.update(status="closed")
    sign_in(client, desk.manager)
    assert open_page(client, "checkin/")["Location"] == "/staff/session/"
    client.post("/staff/session/", {"step": "open", "session": desk.session.public_id})
    assert open_page(client, "checkin/").status_code == 200


def test_with_two_sessions_one_is_chosen(client, desk):
    other = make_session(site=desk.site, part="morning")
    sign_in(client, desk.recorder)
    assert open_page(client, "checkin/").status_code == 302
    client.post("/staff/session/", {"step": "choose", "session": other.public_id})
    assert open_page(client, "checkin/").context["session"] == other


@pytest.mark.parametrize("step", ["open", "close", "plan"])
def test_a_recorder_neither_plans_nor_opens_nor_closes(client, desk, step):
    sign_in(client, desk.recorder)
    body = {"step": step, "session": desk.session.public_id, "part": "morning", "seats": "5"}
    client.post("/staff/session/", body)
    assert Session.objects.get().status == "open"


def test_another_sites_session_is_not_chosen(client, desk):
    other = make_session(site=make_site())
    sign_in(client, desk.manager)
    for session in (other.public_id, "x", ""):
        body = {"step": "close", "session": session}
        assert client.post("/staff/session/", body).status_code == 404


# ── screening ─────────────────────────────────────────────────────────────────────────────────
def sheet(**over):
    form = ScreeningForm.objects.in_force_on(timezone.localdate()).get()
    body = {f"answer_{question.code}": "no" for question in form.questions.all()}
    body |= {"vital_temperature": "36,6", "vital_pulse": "76", "vital_breathing": "18"}
    return {**body, **over}


def test_the_form_proposes_and_the_doctor_decides(client, desk):
    visit = desk.arrive()
    path = f"/staff/screening/{visit.public_id}/"
    sign_in(client, desk.doctor)
    review = client.post(path, sheet(step="review", vital_temperature="38,2"))
    assert review.context["assessment"].proposal == "defer"
    assert review.context["form"].data["decision"] == "defer"
    against = sheet(step="save", vital_temperature="38,2", decision="inject")
    refused = client.post(path, against)
    assert refused.context["form"].errors["override_reason"]
    assert client.post(path, {**against, "override_reason": "đo lại 37,0"}).status_code == 302
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CLEARED


def test_one_button_answers_no_to_what_is_left_and_saves_nothing(client, desk):
    visit = desk.arrive()
    sign_in(client, desk.doctor)
    body = {"step": "rest_no", "answer_acute_illness": "yes", "vital_pulse": "80"}
    form = client.post(f"/staff/screening/{visit.public_id}/", body).context["form"]
    assert form["answer_acute_illness"].value() == "yes"
    assert form["answer_other_allergy"].value() == "no"
    assert not form.errors
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CHECKED_IN


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"vital_temperature": ""}, "vital_temperature"),
        ({"vital_temperature": "NaN"}, "vital_temperature"),
        ({"vital_temperature": "9" * 99}, "vital_temperature"),
        ({"vital_pulse": "7"}, "vital_pulse"),
        ({"answer_acute_illness": "perhaps"}, "answer_acute_illness"),
        ({"decision": ""}, "decision"),
        ({"decision": "cure"}, "decision"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(client, desk, over, field):
    visit = desk.arrive()
    sign_in(client, desk.doctor)
    body = {**sheet(step="save", decision="inject"), **over}
    answer = client.post(f"/staff/screening/{visit.public_id}/", body)
    assert list(answer.context["form"].errors) == [field]


# ── the dose ──────────────────────────────────────────────────────────────────────────────────
def dose_body(desk, **over):
    body = {
        "lot": desk.lot.pk,
        "dose_number": 1,
        "dose_kind": "primary",
        "given_time": "",
        "vaccinator": "ĐD. Hoàng Thị Mẫu",
        "idempotency_key": uuid.uuid4(),
    }
    return {**body, **over}


def test_the_form_proposes_the_lot_that_expires_first(client, desk):
    soon = make_lot(site=desk.site, expires_on=timezone.localdate())
    make_lot(site=make_site())
    visit = desk.clear()
    sign_in(client, desk.recorder)
    form = open_page(client, f"dose/{visit.public_id}/").context["form"]
    assert form.initial["lot"] == soon.pk
    assert set(form.fields["lot"].queryset) == {soon, desk.lot}


def test_pressing_twice_records_one_dose_and_says_the_same(client, desk):
    visit, body = desk.clear(), dose_body(desk)
    sign_in(client, desk.recorder)
    pages = [
        client.post(f"/staff/dose/{visit.public_id}/", body, follow=True).content.decode()
        for _twice in range(2)
    ]
    assert Dose.objects.count() == 1
    until = timezone.localtime(Visit.objects.get().observed_until)
    assert all(f"{until:%H:%M}" in page for page in pages)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"lot": ""}, "lot"),
        ({"lot": "999999"}, "lot"),
        ({"given_time": "25:00"}, "given_time"),
        ({"given_time": "soon"}, "given_time"),
        ({"given_time": "00:00"}, "given_time"),
        ({"vaccinator": " "}, "vaccinator"),
        ({"dose_number": "-1"}, "dose_number"),
        ({"dose_number": "1e9"}, "dose_number"),
        ({"dose_kind": "x"}, "dose_kind"),
        ({"idempotency_key": "x"}, "idempotency_key"),
    ],
)
def test_a_dose_that_cannot_be_right_is_refused_beside_its_field(client, desk, over, field):
    visit = desk.clear()
    sign_in(client, desk.recorder)
    answer = client.post(f"/staff/dose/{visit.public_id}/", dose_body(desk, **over))
    assert list(answer.context["form"].errors) == [field]
    assert not Dose.objects.exists()


def test_another_sites_lot_cannot_be_posted(client, desk):
    visit, stranger = desk.clear(), make_lot(site=make_site())
    sign_in(client, desk.recorder)
    answer = client.post(f"/staff/dose/{visit.public_id}/", dose_body(desk, lot=stranger.pk))
    assert list(answer.context["form"].errors) == ["lot"]


def test_the_doctor_who_screened_is_asked_for_the_reason(client, desk):
    visit = desk.clear()
    sign_in(client, desk.doctor)
    path = f"/staff/dose/{visit.public_id}/"
    assert "override_reason" in client.post(path, dose_body(desk)).context["form"].errors
    body = dose_body(desk, override_reason="trực một mình")
    assert client.post(path, body).status_code == 302


def test_who_is_not_vaccinated_after_all_leaves_the_queue(client, desk):
    visit = desk.clear()
    sign_in(client, desk.recorder)
    path = f"/staff/dose/{visit.public_id}/not/"
    assert client.post(path, {"reason": ""}).context["form"].errors
    client.post(path, {"reason": "người dân đổi ý"})
    assert list(open_page(client, "dose/").context["waiting"]) == []


# ── observation ───────────────────────────────────────────────────────────────────────────────
def test_the_board_says_who_may_go_and_lets_them(client, desk):
    first, second = desk.clear(), desk.clear()
    desk.inject(first)
    desk.inject(second)
    Visit.objects.filter(pk=first.pk).update(observed_until=timezone.now())
    sign_in(client, desk.recorder)
    cards = open_page(client, "observe/").context["cards"]
    assert [(card.visit.pk, card.is_over) for card in cards] == [
        (first.pk, True),
        (second.pk, False),
    ]
    client.post("/staff/observe/", {"visit": second.public_id})
    client.post("/staff/observe/", {"step": "all"})
    statuses = dict(Visit.objects.values_list("pk", "status"))
    assert statuses == {first.pk: VisitStatus.DISCHARGED, second.pk: VisitStatus.OBSERVED}
    client.post(f"/staff/observe/{second.public_id}/early/", {"reason": "về gấp"})
    second.refresh_from_db()
    assert second.end_reason == "về gấp"


# ── paper ─────────────────────────────────────────────────────────────────────────────────────
def paper_body(desk, **over):
    body = {
        "lot": desk.lot.pk,
        "given_on": "06/11/2021",
        "given_time": "9h05",
        "dose_number": "1",
        "dose_kind": "primary",
        "vaccinator": "ĐD. Mẫu",
        "idempotency_key": str(uuid.uuid4()),
        "full_name": "Lò Văn Pản",
        "date_of_birth_day": "",
        "date_of_birth_month": "",
        "date_of_birth_year": "1954",
        "sex": "male",
        "id_kind": "none",
        "id_number": "",
        "phone": "",
        "province": "79",
        "address": "",
        "insurance_number": "",
        "nationality": "VN",
    }
    return {**body, **over}


def test_a_dose_from_paper_keeps_both_its_times(client, desk):
    sign_in(client, desk.recorder)
    answer = client.post("/staff/paper/", paper_body(desk))
    assert answer.status_code == 302, answer.context["form"].errors
    dose = Dose.objects.get()
    assert timezone.localtime(dose.administered_at).isoformat() == "2021-11-06T09:05:00+07:00"
    assert (dose.source, dose.recorded_by) == ("paper", desk.recorder)
    assert timezone.now() - dose.recorded_at < timezone.timedelta(minutes=5)
    form = open_page(client, "paper/").context["form"]
    assert form.initial["given_on"] == "06/11/2021"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"given_on": "31/02/2021"}, "given_on"),
        ({"given_on": "07/03/2021"}, "given_time"),
        ({"given_on": "01/01/2029"}, "given_time"),
        ({"full_name": "<script>"}, "full_name"),
        ({"date_of_birth_year": "2564"}, "date_of_birth"),
        ({"phone": "123"}, "phone"),
        ({"id_kind": "cccd", "id_number": "123"}, "id_number"),
    ],
)
def test_a_sheet_that_cannot_be_right_is_refused_beside_its_field(client, desk, over, field):
    sign_in(client, desk.recorder)
    answer = client.post("/staff/paper/", paper_body(desk, **over))
    assert list(answer.context["form"].errors) == [field]
    assert not Dose.objects.exists()
