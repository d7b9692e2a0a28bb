"""Anaphylaxis on the observation board: reported by keyboard, sent on by the province, off the
board."""

import datetime

import pytest
from django.utils import timezone

from sites.models import AefiReport, AnaphylaxisGrade, Dose, Role
from tests.factories import make_staff, province
from tests.journeys.hands import check_page, press, send, sign_in_as_staff
from tests.sites.making import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1280, "en")])


def browser_page(chromium, base, width, language, script=True):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    return context.new_page()


def go(page, key):
    with page.expect_navigation():
        page.keyboard.press(key)


@SCREENS
def test_anaphylaxis_is_reported_by_keyboard_and_sent_on_by_the_province(
    chromium, live_server, width, language
):
    base, desk = live_server.url, Desk()
    dose = desk.inject(desk.clear()).dose
    nurse = browser_page(chromium, base, width, language)
    sign_in_as_staff(nurse, base, desk.recorder, "/staff/observe/")
    check_page(nurse)
    nurse.focus(f".obs a[href*='{dose.public_id}']")
    go(nurse, "Enter")
    check_page(nurse)
    nurse.keyboard.press("8")  # hives
    nurse.keyboard.press("a")  # short breath
    assert nurse.locator("[data-proposal]").is_visible()
    go(nurse, "Enter")
    check_page(nurse)
    assert nurse.locator("#proposal").is_visible()
    assert nurse.locator("input[name=grade]:checked").input_value() == "2"
    nurse.select_option("[name=seriousness]", "hospitalised")
    nurse.focus("form.event button")
    go(nurse, "Enter")
    check_page(nurse)
    made = AefiReport.objects.get()
    assert (made.grade, made.due_at - made.noticed_at) == (
        AnaphylaxisGrade.II,
        datetime.timedelta(hours=24),
    )

    # A day later nobody has sent it on.
    past = timezone.now() - datetime.timedelta(hours=26)
    Dose.objects.filter(pk=dose.pk).update(administered_at=past)
    AefiReport.objects.update(
        onset_at=past, noticed_at=past, due_at=past + datetime.timedelta(hours=24)
    )
    officer = browser_page(chromium, base, width, language)
    account = make_staff(role=Role.PROVINCE_OFFICER, province=province("79"))
    alarm = "a[href*='/staff/adverse-events/?clock=overdue']"
    sign_in_as_staff(officer, base, account, "/board/")
    press(officer, alarm)
    check_page(officer)
    assert made.number in officer.locator("table").inner_text()
    press(officer, "table tbody a")
    check_page(officer)
    officer.focus("section[aria-labelledby=clock] button")
    go(officer, "Enter")
    check_page(officer)
    made.refresh_from_db()
    assert made.sent_on_by == account
    officer.goto(f"{base}/board/")
    assert not officer.locator(alarm).count()


def test_without_scripts_a_plain_event_takes_one_sign_and_one_press(chromium, live_server):
    base, desk = live_server.url, Desk()
    dose = desk.inject(desk.clear()).dose
    page = browser_page(chromium, base, 360, "vi", script=False)
    sign_in_as_staff(page, base, desk.doctor, "/staff/observe/")
    press(page, f".obs a[href*='{dose.public_id}']")
    page.check("[name=symptoms][value=fever]")
    send(page)
    made = AefiReport.objects.get()
    assert (made.symptoms, made.grade, made.due_at) == (["fever"], 0, None)
    assert page.url.endswith(f"/{made.public_id}/")
