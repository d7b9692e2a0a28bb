"""A wrong name on a certificate: asked for, checked by one agent, decided by another, certified
anew; the old certificate is refused, the person is told, and the board has nothing open."""

import datetime
import json

import pytest
from django.utils import timezone

from certificates.models import Certificate
from certificates.services.issuance import drain_due
from certificates.services.verification import check_certificate
from registration.services.sms import deliver_waiting
from response_center.models import CaseKind, Correction, CorrectionLine
from sites.models import Role
from tests.factories import make_account, make_citizen, make_dose, make_lot, make_site, make_staff
from tests.journeys.hands import check_page, press, sign_in_as_staff, sign_in_by_phone
from tests.response_center.making import make_case
from vaxplatform.invariants import INVARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WRONG, RIGHT = "Nguyễn Thị Anh Tuyet", "Nguyễn Thị Ánh Tuyết"


def verdict(certificate):
    return check_certificate(text=certificate.hcert, at=timezone.now()).reason.value


def test_a_wrong_name_is_mended_by_two_agents_and_certified_anew(
    chromium, live_server, phone_messages, signing_key
):
    base = live_server.url
    person = make_citizen(full_name=WRONG)
    account = make_account(phone="+84912345678", members=(person,))
    given_at = timezone.now() - datetime.timedelta(hours=3)
    lot = make_lot(site=make_site(province_code="27"))
    make_dose(lot=lot, citizen=person, source="paper", administered_at=given_at)
    assert drain_due() == 1
    old = Certificate.objects.get()
    case = make_case(
        citizen=person,
        by=account,
        kind=CaseKind.WRONG_DATA,
        description="Thiếu dấu.",
        site=lot.site,
    )
    asked = Correction.objects.create(case=case, citizen=person)
    CorrectionLine.objects.create(correction=asked, field="full_name", old=WRONG, new=RIGHT)

    def browser(width):
        context = chromium.new_context(viewport={"width": width, "height": 800})
        return context.new_page()

    # ── the first agent checks it ──
    first = browser(1280)
    sign_in_as_staff(first, base, make_staff(role=Role.AGENT), f"/staff/cases/{case.number}/")
    press(first, "button[value=claim]")
    check_page(first)
    assert first.locator("del").all_inner_texts() == ["Anh", "Tuyet"]
    press(first, f"a[href='/staff/cases/{case.number}/correct/']")
    check_page(first)
    assert first.input_value("[name=full_name]") == RIGHT
    press(first, "button[value=propose]")  # without a word on what shows it
    check_page(first)
    first.fill("[name=grounds]", "Căn cước trên ảnh.")
    press(first, "button[value=propose]")
    correction = Correction.objects.get(status="proposed")
    first.goto(f"{base}/staff/corrections/{correction.public_id}/")
    assert not first.locator("button[value=apply]").count()

    # ── the second one decides ──
    second = browser(360)
    sign_in_as_staff(second, base, make_staff(role=Role.AGENT), "/staff/corrections/")
    check_page(second)
    press(second, f"a[href='/staff/corrections/{correction.public_id}/']")
    check_page(second)
    press(second, "button[value=apply]")
    assert drain_due() == 1
    old.refresh_from_db()
    new = Certificate.objects.get(status="live")
    assert (verdict(old), verdict(new)) == ("revoked", "ok")
    assert old.ended_at == new.issued_at

    # ── the person is told ──
    deliver_waiting(timezone.localtime().replace(hour=12) + datetime.timedelta(days=1))
    texts = [json.loads(line)["text"] for line in phone_messages.read_text().splitlines()]
    assert [case.number in text for text in texts] == [True]
    assert not any("Tuy" in text for text in texts)
    citizen = browser(360)
    sign_in_by_phone(citizen, base, phone_messages)
    citizen.goto(f"{base}/support/cases/{case.number}/")
    check_page(citizen)
    citizen.goto(f"{base}/account/people/{person.public_id}/")
    assert RIGHT in citizen.inner_text("main")
    chief = browser(1280)
    sign_in_as_staff(chief, base, make_staff(role=Role.NATIONAL_OFFICER), "/board/")
    check_page(chief)
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}
