"""A dose on paper: no certificate, why, a case, the agent, the site, the certificate, the answer,
and what the board and the public figures say of it."""

import datetime
import json
import re

import pytest
from django.utils import timezone

from certificates.services.issuance import drain_due
from public_portal.models import DailyReport
from public_portal.services.rollups import refresh_all_statistics
from registration.services.sms import deliver_waiting
from response_center.models import Case
from response_center.services.rounds import close_answered_cases
from sites.models import Dose, Role
from tests.factories import make_account, make_citizen, make_dose, make_lot, make_site, make_staff
from tests.journeys.hands import (
    check_page,
    fill_the_rest,
    press,
    send,
    sign_in_as_staff,
    sign_in_by_phone,
)
from vaxplatform.invariants import INVARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def texts(messages) -> list[str]:
    return [json.loads(line)["text"] for line in messages.read_text().splitlines()]


@pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1280, "en")])
def test_a_dose_on_paper_is_reported_confirmed_certified_and_told(
    chromium, live_server, phone_messages, signing_key, width, language
):
    base = live_server.url
    site = make_site(province_code="01", on_platform=False, name="Trạm Y tế xã Sông Mẫu")
    lot = make_lot(site=site)
    for _other in range(4):  # fewer than five doses are not published
        make_dose(
            lot=lot, source="paper", administered_at=timezone.now() - datetime.timedelta(days=2)
        )
    assert drain_due() == 4
    person = make_citizen()
    make_account(phone="+84912345678", members=(person,))
    day = timezone.localdate() - datetime.timedelta(days=9)
    DailyReport.objects.create(province=site.province, site=site, day=day, doses=50)
    refresh_all_statistics(timezone.now())
    agent, manager, official = (
        make_staff(role=Role.AGENT),
        make_staff(role=Role.SITE_MANAGER, site=site),
        make_staff(role=Role.NATIONAL_OFFICER),
    )

    def browser():
        context = chromium.new_context(viewport={"width": width, "height": 800})
        context.add_cookies([{"name": "django_language", "value": language, "url": base}])
        return context.new_page()

    citizen = browser()
    sign_in_by_phone(citizen, base, phone_messages)
    book = f"{base}/account/people/{person.public_id}/"
    citizen.goto(book)
    check_page(citizen)
    assert not citizen.locator("a[href^='/certificates/']").count()
    citizen.goto(f"{base}/support/")
    check_page(citizen)
    citizen.goto(f"{base}/support/report/no-certificate/?person={person.public_id}")
    check_page(citizen)
    for part in ("day", "month", "year"):
        citizen.fill(f"[name=administered_on_{part}]", str(getattr(day, part)))
    citizen.select_option("[name=province]", label="Hà Nội")
    citizen.fill("[name=site_name]", "song mau")
    fill_the_rest(citizen)
    send(citizen)
    case = Case.objects.get()
    assert (case.citizen, case.site) == (person, site)
    check_page(citizen)
    citizen.goto(f"{base}/support/cases/{case.number}/")
    why = {"vi": f"{site.name} đã nhập 0 trong 50 mũi", "en": f"{site.name} has entered 0 of 50"}
    assert why[language] in citizen.inner_text("main")

    desk = browser()
    page_of_case = f"/staff/cases/{case.number}/"
    sign_in_as_staff(desk, base, agent, page_of_case)
    check_page(desk)
    press(desk, "button[value=claim]")
    desk.locator("[name=ask-words]").fill("Điểm tiêm xem giúp danh sách giấy ngày này.")
    press(desk, "button[value=ask]")
    check_page(desk)

    station = browser()
    sign_in_as_staff(station, base, manager, page_of_case)
    check_page(station)
    fill_the_rest(station)
    station.fill("[name=confirm-administered_time]", "09:15")
    station.fill("[name=confirm-vaccinator]", manager.full_name)
    press(station, "button[value=confirm]")
    chief = browser()
    sign_in_as_staff(chief, base, official, "/board/")
    check_page(chief)
    nothing_open = {"vi": "Không có phản ánh nào đang mở", "en": "No report is open"}[language]
    assert nothing_open not in chief.inner_text("main")
    dose = Dose.objects.get(citizen=person)
    assert (dose.citizen, dose.site, dose.source) == (person, site, "paper")
    assert timezone.localdate(dose.administered_at) == day

    assert drain_due() == 1
    close_answered_cases(timezone.now())
    case.refresh_from_db()
    assert case.status == "resolved"
    tomorrow_noon = timezone.localtime().replace(hour=12) + datetime.timedelta(days=1)
    deliver_waiting(tomorrow_noon)  # at night an answer waits for the morning
    assert any(case.number in text for text in texts(phone_messages))

    citizen.goto(f"{base}/support/cases/{case.number}/")
    check_page(citizen)
    citizen.goto(book)
    check_page(citizen)
    assert citizen.locator("a[href^='/certificates/']").count()
    chief.goto(f"{base}/board/")
    assert nothing_open in chief.inner_text("main")
    refresh_all_statistics(timezone.now())
    stranger = browser()
    stranger.goto(f"{base}/statistics/provinces/01/")
    check_page(stranger)
    of_site = stranger.locator("tr", has_text=site.name).inner_text()
    assert re.search(r"\t5\b", of_site)  # with this dose the site has five on record
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}
