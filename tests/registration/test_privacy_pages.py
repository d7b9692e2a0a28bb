"""Who looked, all data as a file, claims and numbers, as a browser without JavaScript sees them."""

import datetime
import json

import pytest
from django.test import Client
from django.utils import timezone

from registration.models import ClaimStatus, OneTimeCode, RecordClaim
from registration.services import codes
from registration.services.access import log_access
from registration.services.citizens import Paper
from registration.services.claims import compare_claims
from registration.services.record_codes import send_codes_for_records
from response_center.models import Case
from tests.factories import make_account, make_citizen, make_dose, make_site, make_staff
from tests.registration.test_look_up_pages import BY_PAPER, BY_PHONE, NAMED, NUMBER
from tests.registration.test_pages import signed_in, text_of

pytestmark = pytest.mark.django_db
CODE = "123456"


@pytest.fixture(autouse=True)
def fixed_code(monkeypatch, settings):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


@pytest.fixture
def dose():
    return make_dose(citizen=make_citizen(phone="+84912345678", papers=(Paper("cccd", NUMBER),)))


def of(person, page):
    return f"/account/people/{person.public_id}/{page}"


PAGES = ("looks/", "data/", "data.json", "data.txt", "phones/")


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_a_record_are_the_households_own_and_kept_by_no_cache(client, dose, page):
    signed_in(client, dose.citizen)
    answer = client.get(of(dose.citizen, page))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    stranger = Client()
    signed_in(stranger, make_citizen())
    assert stranger.get(of(dose.citizen, page)).status_code == 404
    assert Client().get(of(dose.citizen, page)).status_code == 302


def test_the_list_of_looks_names_staff_and_reason_and_goes_on_over_pages(client, dose):
    nurse = make_staff(site=make_site())
    for _n in range(51):
        log_access(citizen=dose.citizen, account=nurse, purpose="check_in")
    signed_in(client, dose.citizen)
    text = text_of(client.get(of(dose.citizen, "looks/")))
    assert text.count(nurse.full_name) == 50
    assert text_of(client.get(of(dose.citizen, "looks/?page=2"))).count(nurse.full_name) == 1


def test_the_file_for_programs_holds_everything_and_no_whole_number_of_a_paper(client, dose):
    account = signed_in(client, dose.citizen)
    answer = client.get(of(dose.citizen, "data.json"))
    told = json.loads(answer.content)
    assert told["person"][0]["full_name"] == dose.citizen.full_name
    assert told["doses"][0]["lot_number"] == dose.lot.number
    assert set(told) >= {"papers", "registrations", "screenings", "certificates", "cases", "looks"}
    assert NUMBER.encode() not in answer.content
    assert account.phone.encode() not in answer.content
    assert "attachment" in answer["Content-Disposition"]
    assert dose.citizen.accesses.get().purpose == "own_data"


def test_the_text_file_says_the_same_in_words(client, dose):
    signed_in(client, dose.citizen)
    text = client.get(of(dose.citizen, "data.txt")).content.decode()
    assert dose.lot.number in text
    assert "Họ và tên: Nguyễn Thị Ánh Tuyết" in text
    assert "&" not in text


def test_a_person_comes_to_this_phone_with_the_code_of_the_phone_on_record(client, dose):
    signed_in(client)
    assert client.post("/account/people/claim/code/", BY_PAPER).url.endswith("/code/enter/")
    send_codes_for_records(timezone.now())
    answer = client.post("/account/people/claim/code/enter/", {"code": CODE})
    assert answer.url == of(dose.citizen, "")


def test_a_claim_by_a_dose_waits_and_the_other_phone_refuses_it_on_its_page(client, dose):
    keeper = Client()
    signed_in(keeper, dose.citizen)
    signed_in(client)
    day = timezone.localtime(dose.administered_at)
    told = {
        **NAMED,
        "id_number": NUMBER,
        "day_day": day.day,
        "day_month": day.month,
        "day_year": day.year,
        "lot_number": dose.lot.number,
    }
    address = client.post("/account/people/claim/dose/", told).url
    assert "Đang đối chiếu" in text_of(client.get(address))
    compare_claims(timezone.now())
    assert "Thông tin đã khớp" in text_of(client.get(address))
    assert Client().get(address).status_code == 302
    assert keeper.get(address).status_code == 404
    assert "xin xem Sổ sức khỏe" in text_of(keeper.get("/account/"))
    claim = RecordClaim.objects.get()
    keeper.post(f"/account/claims/{claim.public_id}/decide/", {"answer": "object"})
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.OBJECTED
    assert "chưa xác nhận được" in text_of(client.get(address))


def test_without_any_proof_the_desk_opens_a_case_that_the_phone_follows(client):
    account = signed_in(client)
    told = {**NAMED, "words": "Mẹ tôi, mất máy."}
    answer = client.post("/account/people/claim/desk/", told)
    case = Case.objects.get()
    assert answer.url.endswith(f"{case.number}/")
    assert (case.phone, case.said_date_of_birth) == (account.phone, "1987-03-12")
    assert client.post("/account/people/claim/desk/", told).url == answer.url
    assert Case.objects.count() == 1


def test_a_household_changes_its_number_with_two_codes(client, dose):
    account = signed_in(client, dose.citizen)
    assert client.post("/account/number/", {"phone": "0987 654 321"}).url.endswith("/code/")
    assert client.post("/account/number/code/", {"code": "000000"}).status_code == 200
    assert client.post("/account/number/code/", {"code": CODE}).url == "/account/number/code/"
    assert client.post("/account/number/code/", {"code": CODE}).url == "/account/"
    account.refresh_from_db()
    assert account.phone == "+84987654321"
    assert dose.citizen.full_name in text_of(client.get("/account/"))


def test_the_new_number_alone_moves_nothing(client, dose):
    account = signed_in(client, dose.citizen)
    client.post("/account/number/", {"phone": "0987654321"})
    OneTimeCode.objects.filter(purpose="move_from").delete()
    client.post("/account/number/code/", {"code": CODE})
    account.refresh_from_db()
    assert account.phone != "+84987654321"


def test_a_phone_is_taken_off_and_put_on_the_record(client, dose):
    other = make_account(members=(dose.citizen,))
    account = signed_in(client, dose.citizen)
    page = text_of(client.get(of(dose.citizen, "phones/")))
    assert "Máy này" in page
    first = dose.citizen.households.get(account=other)
    client.post(of(dose.citizen, f"phones/{first.pk}/end/"))
    assert dose.citizen.households.count() == 2  # it came before
    client.post(of(dose.citizen, "phones/"))
    dose.citizen.refresh_from_db()
    assert dose.citizen.phone != account.phone  # it came a moment ago
    dose.citizen.households.update(joined_at=timezone.now() - datetime.timedelta(days=31))
    client.post(of(dose.citizen, "phones/"))
    dose.citizen.refresh_from_db()
    assert dose.citizen.phone == account.phone
    client.post(of(dose.citizen, f"phones/{first.pk}/end/"))
    assert list(dose.citizen.households.values_list("account", flat=True)) == [account.pk]


def test_a_claim_with_a_phone_that_is_on_no_record_says_so_after_its_code(client, dose):
    signed_in(client)
    client.post("/account/people/claim/code/", {**BY_PHONE, "phone": "0987654321"})
    answer = client.post("/account/people/claim/code/enter/", {"code": CODE})
    assert "Không có hồ sơ nào khớp" in text_of(answer)


def test_the_health_book_leads_to_a_correction_of_this_person_with_a_photo(client, dose):
    signed_in(client, dose.citizen)
    address = f"/support/report/wrong-data/?person={dose.citizen.public_id}"
    assert address in client.get(of(dose.citizen, "")).content.decode()
    form = client.get(address).context["form"]
    assert form.initial["person"] == str(dose.citizen.public_id)
