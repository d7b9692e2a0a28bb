"""The diary after a dose: who is asked when, what the household says, what the site makes of it."""

import datetime

import pytest
from django.utils import timezone

from registration.models import RecordAccess, SmsMessage
from registration.services.households import NotInHousehold
from sites import aefi_selectors
from sites.aefi_exceptions import EventOfVoidedDose, EventReported, SignUnknown
from sites.models import AefiReport, Dose, DoseStatus, FollowUp, FollowUpRound
from sites.services import follow_ups
from sites.services.diary import (
    AnswerHandled,
    DiaryClosed,
    GraverAnswerStands,
    answer_follow_up,
    handle_answer,
    report_answer,
)
from sites.services.follow_ups import ask_how_people_are
from tests.factories import make_account, make_citizen, make_dose, make_lot, make_site, make_staff
from tests.sites.making import at_once
from vaxplatform.vietnam import TIME_ZONE

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
GIVEN = datetime.datetime(2026, 11, 3, 15, 0, tzinfo=TIME_ZONE)


def on_day(day: int, hour: int = 9) -> datetime.datetime:
    return (GIVEN + day * DAY).replace(hour=hour)


def dose_of(citizen=None, *, site=None, given=GIVEN) -> Dose:
    lot = make_lot(site=site or make_site())
    citizen = citizen or make_citizen()
    return make_dose(lot=lot, citizen=citizen, administered_at=given, now=given)


def household(dose: Dose, **over):
    return make_account(members=(dose.citizen,), **over)


def say(dose, account, answer="well", *, day=1, hour=9, symptoms=(), words=""):
    return answer_follow_up(
        dose=dose,
        account=account,
        answer=answer,
        symptoms=symptoms,
        words=words,
        now=on_day(day, hour),
    )


# ── the questions ─────────────────────────────────────────────────────────────────────────────
def test_a_person_is_asked_on_days_1_3_7_and_28_and_on_no_other():
    dose = dose_of()
    for day in range(31):
        ask_how_people_are(on_day(day))
    assert list(dose.follow_ups.values_list("day", flat=True)) == [1, 3, 7, 28]
    assert SmsMessage.objects.filter(phone=dose.citizen.phone).count() == 4


def test_two_workers_and_a_second_round_ask_nobody_twice():
    dose_of()
    assert [ask_how_people_are(on_day(1, hour)) for hour in (9, 10, 20)] == [1, 0, 0]
    assert FollowUpRound.objects.get().finished_at == on_day(1, 9)
    assert SmsMessage.objects.count() == 1


@pytest.mark.parametrize("hour", [0, 5, 6, 7, 22, 23])
def test_nobody_is_asked_at_night_or_before_eight(hour):
    dose_of()
    assert ask_how_people_are(on_day(1, hour)) == 0
    assert not SmsMessage.objects.exists()


def test_the_message_names_nobody_and_nothing_medical_and_holds_no_link():
    dose = dose_of()
    household(dose, phone=dose.citizen.phone)
    ask_how_people_are(on_day(1))
    text = SmsMessage.objects.get().text
    assert len(text) <= 134
    assert not text.endswith("...")
    for word in (dose.citizen.full_name, dose.vaccine.name, "http", "www", "tiêm", "sốt"):
        assert word.lower() not in text.lower().replace("điểm tiêm", "").replace("tiêm chủng", "")


def test_a_phone_that_speaks_for_four_gets_one_message_in_its_language():
    people = [make_citizen() for _person in range(4)]
    account = make_account(members=tuple(people))
    account.language = "en"
    account.save()
    site = make_site()
    for person in people:
        dose_of(person, site=site)
    assert ask_how_people_are(on_day(3)) == 4
    sent = SmsMessage.objects.get()
    assert (sent.phone, "health book" in sent.text) == (account.phone, True)


def test_who_has_no_phone_and_whose_dose_was_taken_back_is_not_asked():
    dose_of(make_citizen(phone=""))
    taken_back = dose_of()
    Dose.objects.filter(pk=taken_back.pk).update(status=DoseStatus.VOIDED, void_reason="nhầm")
    assert ask_how_people_are(on_day(1)) == 0
    assert not FollowUp.objects.exists()


def test_who_has_told_us_this_morning_is_not_asked():
    dose = dose_of()
    say(dose, household(dose), day=1, hour=7)
    assert ask_how_people_are(on_day(1)) == 0


def test_a_round_that_was_cut_off_goes_on_where_it_stood(monkeypatch):
    monkeypatch.setattr(follow_ups, "SITES_A_STEP", 1)
    for _site in range(3):
        dose_of()
    send, sent = follow_ups._send, []

    def break_at_the_second(reached, now):
        sent.append(1)
        if len(sent) == 2:
            raise RuntimeError("cut off")
        send(reached, now)

    monkeypatch.setattr(follow_ups, "_send", break_at_the_second)
    with pytest.raises(RuntimeError):
        ask_how_people_are(on_day(1))
    assert FollowUp.objects.count() == SmsMessage.objects.count() == 1
    assert ask_how_people_are(on_day(1, 10)) == 2
    assert FollowUp.objects.count() == SmsMessage.objects.count() == 3


def test_without_days_nobody_is_asked(settings):
    settings.FOLLOW_UP_DAYS = []
    dose_of()
    assert ask_how_people_are(on_day(1)) == 0


def test_the_questions_of_a_step_cost_the_same_number_of_queries_for_one_dose_and_for_ten(
    django_assert_max_num_queries,
):
    site = make_site()
    for _person in range(10):
        dose_of(make_citizen(phone=""), site=site)
    with django_assert_max_num_queries(18):
        ask_how_people_are(on_day(1))


# ── the answers ───────────────────────────────────────────────────────────────────────────────
def test_an_answer_fills_the_row_of_the_question():
    dose = dose_of()
    ask_how_people_are(on_day(1))
    said = say(dose, household(dose), "mild", symptoms=["fever"], words="Sốt nhẹ")
    assert (said.asked_at, said.answer, said.symptoms) == (on_day(1), "mild", ["fever"])
    assert dose.follow_ups.count() == 1


@pytest.mark.parametrize(
    ("answer", "symptoms", "kept"),
    [
        ("well", [], "well"),
        ("well", ["headache"], "mild"),
        ("mild", ["hives"], "unwell"),
        ("well", ["faint"], "unwell"),
        ("unwell", [], "unwell"),
    ],
)
def test_the_signs_may_make_an_answer_graver_never_milder(answer, symptoms, kept):
    dose = dose_of()
    assert say(dose, household(dose), answer, symptoms=symptoms).answer == kept


def test_the_graver_answer_of_a_day_stands():
    dose = dose_of()
    account = household(dose)
    say(dose, account, "mild", hour=8)
    say(dose, account, "unwell", hour=9)
    with pytest.raises(GraverAnswerStands):
        say(dose, account, "well", hour=20)
    assert dose.follow_ups.get().answer == "unwell"
    assert say(dose, account, "well", day=2).answer == "well"


def test_the_diary_is_open_from_the_day_of_the_dose_to_day_28():
    dose = dose_of()
    account = household(dose)
    assert say(dose, account, day=0, hour=16).day == 0
    assert say(dose, account, day=28, hour=23).day == 28
    with pytest.raises(DiaryClosed):
        say(dose, account, day=29, hour=0)


def test_another_household_an_unknown_sign_and_a_dose_taken_back_are_refused():
    dose = dose_of()
    account = household(dose)
    with pytest.raises(NotInHousehold):
        say(dose, make_account())
    for sign in ("arrest", "nothing_like_it"):
        with pytest.raises(SignUnknown):
            say(dose, account, symptoms=[sign])
    Dose.objects.filter(pk=dose.pk).update(status=DoseStatus.VOIDED, void_reason="nhầm")
    with pytest.raises(EventOfVoidedDose):
        say(dose, account)
    assert not FollowUp.objects.exists()


# ── the site ──────────────────────────────────────────────────────────────────────────────────
def unwell(site=None, **over):
    dose = dose_of(site=site)
    return say(dose, household(dose), "unwell", **over)


def test_a_site_sees_its_own_answers_that_wait_the_oldest_first():
    site = make_site()
    later, first = unwell(site, hour=11), unwell(site, hour=10)
    unwell()
    posting = make_staff(site=site).posting
    assert list(aefi_selectors.unwell_answers(posting)) == [first, later]


def test_an_answer_becomes_a_report_and_waits_no_more():
    site = make_site()
    answer = unwell(site, symptoms=["fever"])
    nurse = make_staff(site=site)
    facts = {"onset_at": answer.answered_at, "symptoms": answer.symptoms}
    report = report_answer(answer=answer, by=nurse, now=on_day(1, 10), **facts)
    answer.refresh_from_db()
    assert (answer.report, answer.handled_by) == (report, nurse)
    with pytest.raises(AnswerHandled):
        handle_answer(answer=answer, by=nurse, now=on_day(1, 11))


def test_said_again_after_the_site_looked_it_waits_again():
    site = make_site()
    answer = unwell(site, hour=9)
    handle_answer(answer=answer, by=make_staff(site=site), now=on_day(1, 10))
    account = answer.dose.citizen.households.get().account
    say(answer.dose, account, "unwell", hour=11, words="Nặng hơn")
    assert aefi_selectors.unwell_answers(make_staff(site=site).posting).get().words == "Nặng hơn"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_make_a_report_of_one_answer_one_does():
    site = make_site()
    answer = unwell(site)
    nurses = [make_staff(site=site) for _two in range(2)]

    def press(n):
        facts = {"onset_at": answer.answered_at, "symptoms": ["fever"]}
        return report_answer(answer=answer, by=nurses[n], now=on_day(1, 12), **facts).number

    answers = at_once(2, press)
    assert AefiReport.objects.count() == 1
    assert sorted(map(str, answers))[-1] in {AnswerHandled.code, EventReported.code}


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_ask_once():
    dose_of()
    at_once(2, lambda _n: ask_how_people_are(on_day(1)))
    assert SmsMessage.objects.count() == FollowUp.objects.count() == 1


# ── the pages ─────────────────────────────────────────────────────────────────────────────────
def today_dose():
    now = timezone.now()
    given = now - datetime.timedelta(hours=1)
    return dose_of(given=given)


@pytest.fixture
def book(client):
    """A household's browser, its person's dose of an hour ago, and the diary's address."""
    dose = today_dose()
    client.force_login(household(dose), backend="django.contrib.auth.backends.ModelBackend")
    return client, dose, f"/account/people/{dose.citizen.public_id}/diary/"


def test_well_is_two_presses_and_leads_back_to_the_health_book(book):
    client, dose, address = book
    assert address in client.get(f"/account/people/{dose.citizen.public_id}/").content.decode()
    answer = client.post(address, {"answer": "well"})
    assert answer["Location"] == f"/account/people/{dose.citizen.public_id}/"
    assert dose.follow_ups.get().answer == "well"


def test_unwell_shows_what_to_do_now_and_is_not_asked_again_that_day(book):
    client, dose, address = book
    page = client.post(address, {"answer": "unwell", "symptoms": ["fever"]}, follow=True)
    text = page.content.decode()
    assert 'href="tel:115"' in text
    assert f"/support/report/reaction/?person={dose.citizen.public_id}" in text
    assert 'name="answer"' not in text
    assert "no-store" in page["Cache-Control"]


def test_bad_input_keeps_what_was_typed(book):
    client, _dose, address = book
    page = client.post(address, {"answer": "", "words": "Đau <b>tay</b>", "symptoms": ["x"]})
    assert page.context["form"].errors.keys() == {"answer", "symptoms"}
    assert "Đau &lt;b&gt;tay&lt;/b&gt;" in page.content.decode()
    assert client.post(address, {"answer": "well", "words": "a" * 501}).status_code == 200
    assert not FollowUp.objects.exists()


def test_a_strangers_diary_and_one_without_a_dose_do_not_exist(book):
    client, dose, _address = book
    other = today_dose()
    assert client.get(f"/account/people/{other.citizen.public_id}/diary/").status_code == 404
    person = make_citizen()
    account = dose.citizen.households.get().account
    account.household.create(citizen=person)
    assert client.get(f"/account/people/{person.public_id}/diary/").status_code == 404


def test_the_site_opens_an_answer_on_record_and_makes_it_a_report(book, django_user_model):
    client, dose, address = book
    client.post(address, {"answer": "unwell", "symptoms": ["fever"], "words": "Sốt cao"})
    said = dose.follow_ups.get()
    nurse = make_staff(site=dose.site)
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    listing = client.get("/staff/adverse-events/").content.decode()
    assert "/staff/adverse-events/answers/" in listing
    waiting = client.get("/staff/adverse-events/answers/").content.decode()
    assert dose.citizen.full_name not in waiting
    page = client.get(f"/staff/adverse-events/answers/{said.pk}/").content.decode()
    assert dose.citizen.full_name in page
    assert RecordAccess.objects.filter(citizen=dose.citizen, account=nurse).exists()
    new = f"/staff/adverse-events/new/{dose.public_id}/?answer={said.pk}"
    assert new in page
    form = client.get(new).context["form"]
    assert (form["symptoms"].value(), form["description"].value()) == (["fever"], "Sốt cao")
    typed = {name: form[name].value() or "" for name in ("onset_time", "onset_day", "description")}
    client.post(new, {**typed, "symptoms": ["fever"], "seriousness": "none", "grade": "0"})
    said.refresh_from_db()
    assert said.report == AefiReport.objects.get()
    assert client.get(f"/staff/adverse-events/answers/{said.pk}/").status_code == 404


def test_the_site_closes_an_answer_and_another_site_cannot_see_it(book):
    client, dose, address = book
    client.post(address, {"answer": "unwell"})
    said = dose.follow_ups.get()
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(make_staff(site=make_site()), backend=backend)
    assert client.get(f"/staff/adverse-events/answers/{said.pk}/").status_code == 404
    client.post(f"/staff/adverse-events/answers/{said.pk}/")
    said.refresh_from_db()
    assert said.handled_at is None
    client.force_login(make_staff(site=dose.site), backend=backend)
    for _twice in range(2):
        assert client.post(f"/staff/adverse-events/answers/{said.pk}/").status_code == 302
    said.refresh_from_db()
    assert said.handled_at is not None


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²", ""])
def test_an_answer_that_does_not_exist_starts_an_empty_report(book, number):
    client, dose, _address = book
    client.force_login(
        make_staff(site=dose.site), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = client.get(f"/staff/adverse-events/new/{dose.public_id}/", {"answer": number})
    assert page.context["form"]["symptoms"].value() == []
