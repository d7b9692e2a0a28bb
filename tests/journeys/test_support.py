"""Help for somebody without an account, and the desk that answers: the machine's answer first, then
a report with the right value and a photo; a caller on the telephone; two reports of one person
joined, and many answered at once."""

import datetime
import io
import json

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page

from registration.models import RecordAccess
from registration.services.sms import deliver_waiting
from response_center.models import Case, CaseKind, Correction
from response_center.services.opening import open_case
from sites.models import Role
from tests.factories import make_citizen, make_dose, make_lot, make_site, make_staff
from tests.journeys.hands import PHONE, check_page, newest_code, press, send, sign_in_as_staff
from tests.response_center.making import make_report
from vaxplatform.invariants import INVARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, BORN, RIGHT = "Nguyễn Thị Anh Tuyet", "1954", "Nguyễn Thị Ánh Tuyết"


def open_page(chromium, base: str, *, width: int, language: str, **over) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 800}, **over)
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    return context.new_page()


def name_person(page: Page, phone: str = PHONE) -> None:
    page.fill("[name=full_name]", NAME)
    page.fill("[name=date_of_birth_year]", BORN)
    page.fill("[name=phone]", phone)


def photo() -> dict:
    target = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(target, "JPEG")
    return {"name": "can-cuoc.jpg", "mimeType": "image/jpeg", "buffer": target.getvalue()}


@pytest.mark.parametrize(("width", "language", "script"), [(360, "vi", False), (1280, "en", True)])
def test_a_person_without_an_account_is_answered_and_then_reports(
    chromium, live_server, phone_messages, width, language, script
):
    base = live_server.url
    person = make_citizen(full_name=NAME, date_of_birth=BORN, phone="+84912345678")
    dose = make_dose(lot=make_lot(site=make_site(province_code="27")), citizen=person)
    context = {"width": width, "language": language, "java_script_enabled": script}
    page = open_page(chromium, base, **context)
    # Axe needs scripts: where the person has none, the pages are looked at through another window.
    seen = page if script else open_page(chromium, base, width=width, language=language)

    def look() -> None:
        if seen is not page:
            seen.context.clear_cookies()
            seen.context.add_cookies(page.context.cookies())
            seen.goto(page.url)
        check_page(seen)

    # ── the machine answers, after the code ──
    page.goto(f"{base}/support/check/")
    look()
    name_person(page)
    send(page)
    look()
    page.fill("[name=code]", newest_code(phone_messages))
    send(page)
    look()
    day = timezone.localtime(dose.administered_at)
    told = {"vi": f"Mũi 1 ngày {day:%d/%m/%Y}", "en": f"Dose 1 of {day.day} {day:%B %Y}"}
    assert told[language] in page.inner_text("main").replace("\xa0", " ")
    assert {row.purpose for row in RecordAccess.objects.filter(citizen=person)} == {"own_phone"}

    # ── what is wrong, with the right value ──
    page.goto(f"{base}/support/report/wrong-data/")
    look()
    name_person(page)
    page.fill("[name=right_full_name]", RIGHT)
    send(page)  # the phone is proven already
    case = Case.objects.get()
    assert page.url == f"{base}/support/cases/{case.number}/"
    assert Correction.objects.get(case=case).lines.get().new == RIGHT
    look()

    # ── a photo, and more words ──
    page.set_input_files("[name=photo]", photo())
    press(page, "form[action$='/photo/'] button")
    page.locator("details:has([name=words]) summary").first.click()
    page.fill("[name=words]", "Sai từ lần tiêm thứ nhất.")
    press(page, "form[action$='/more/'] button")
    look()
    assert case.evidence.count() == 1
    assert case.events.get(verb="more_said").note == "Sai từ lần tiêm thứ nhất."
    assert page.locator("figure img").count() == 1


def by_keyboard(page: Page, selector: str, keys: str = "Enter", *, leaves: bool = True) -> None:
    """Go on with the Tab key until the element has the focus, then press `keys`."""
    target = page.locator(selector).first
    for _step in range(150):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            break
    else:
        pytest.fail(f"{selector} is not reached by the Tab key")
    if leaves:
        with page.expect_navigation():
            page.keyboard.press(keys)
    else:
        page.keyboard.press(keys)


def type_into(page: Page, selector: str, text: str) -> None:
    by_keyboard(page, selector, "End", leaves=False)
    page.keyboard.insert_text(text)


@pytest.mark.parametrize(("width", "language"), [(1280, "en")])
def test_an_agent_helps_a_caller_joins_two_reports_and_answers_many_by_keyboard(
    chromium, live_server, phone_messages, width, language
):
    base = live_server.url
    site = make_site(province_code="27", name="Trạm Y tế xã Sông Mẫu")
    person = make_citizen(full_name=NAME, date_of_birth=BORN, phone="+84912345678")
    make_dose(lot=make_lot(site=site), citizen=person)
    page = open_page(chromium, base, width=width, language=language)
    sign_in_as_staff(page, base, make_staff(role=Role.AGENT), "/staff/cases/new/")
    check_page(page)

    # ── a caller ──
    type_into(page, "[name=full_name]", NAME)
    type_into(page, "[name=date_of_birth_year]", BORN)
    type_into(page, "[name=phone]", PHONE)
    by_keyboard(page, "button[value=look]")
    check_page(page)
    assert "Dose 1 of" in page.inner_text("section.panel")
    by_keyboard(page, "[name=kind]", "Space", leaves=False)
    by_keyboard(page, "button[value=kind]")
    check_page(page)
    type_into(page, "[name=site_name]", "song mau")
    by_keyboard(page, "button[value=send]")
    check_page(page)
    case = Case.objects.get()
    assert (case.channel, case.citizen, case.kind) == ("hotline", person, CaseKind.NO_CERTIFICATE)
    assert case.opened_by == case.claimed_by
    assert RecordAccess.objects.filter(citizen=person, account=case.opened_by).exists()

    # ── the same person has reported already ──
    now = timezone.now()
    again = open_again(site, now)
    page.goto(f"{base}/staff/cases/{case.number}/")
    check_page(page)
    by_keyboard(page, "button[value=merge]")
    check_page(page)
    again.refresh_from_db()
    assert (again.status, again.merged_into) == ("merged", case)

    # ── one cause explains many ──
    others = [open_again(site, now, phone=f"+8491234500{place}") for place in range(2)]
    page.goto(f"{base}/staff/cases/answer-many/")
    check_page(page)
    type_into(page, "[name=site]", site.code)
    by_keyboard(page, "main form[method=get] button")
    check_page(page)
    by_keyboard(page, "[name=cause]", "ArrowDown", leaves=False)
    type_into(page, "[name=text_vi]", "{site} đang nhập từ giấy.")
    type_into(page, "[name=text_en]", "{site} is entering its paper.")
    by_keyboard(page, "main form[method=post] button")
    check_page(page)
    assert f"{site.name} is entering its paper." in page.inner_text("#preview")
    by_keyboard(page, "button[name=send]")
    check_page(page)
    for each in (case, *others):
        each.refresh_from_db()
        assert each.first_answer_at is not None
    deliver_waiting(timezone.localtime().replace(hour=12) + datetime.timedelta(days=1))
    texts = [json.loads(line)["text"] for line in phone_messages.read_text().splitlines()]
    assert all(any(each.number in text for text in texts) for each in (case, *others))
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}


def open_again(site, now: datetime.datetime, phone: str = "+84912345678") -> Case:
    return open_case(report=make_report(phone=phone, site=site, dose_number=2), now=now)
