"""The officials' page of waits: who sees which place, what it shows and refuses, its file."""

import csv
import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates.models import IssuanceJob
from certificates.waits import TooMuchAtOnce
from response_center.services.rounds import open_cases_for_stuck_certificates
from sites.models import Role
from tests.certificates.waiting import DAY, MINUTE, NINE, dose_at, lot_of, stuck
from tests.factories import make_site, make_staff, province
from vaxplatform.csv_files import safe_cell

pytestmark = pytest.mark.django_db
ALL = reverse("certificates_staff:waits")
ONE_DAY = f"?first={DAY}"
BOARD = reverse("response_center:board")


def province_page(code):
    return reverse("certificates_staff:province_waits", args=[code])


def site_page(site):
    return reverse("certificates_staff:site_waits", args=[site.code])


@pytest.fixture
def as_(client):
    def sign_in(role=Role.NATIONAL_OFFICER, **place):
        client.force_login(
            make_staff(role=role, **place), backend="django.contrib.auth.backends.ModelBackend"
        )
        return client

    return sign_in


def read(client, url=ALL + ONE_DAY):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer


def codes(answer):
    return [line.code for line in answer.context["page"]]


# ── who sees what ─────────────────────────────────────────────────────────────────────────────
def test_the_country_leads_to_provinces_and_these_to_sites(as_):
    lot = lot_of(province_code="27")
    dose_at(lot, certified_after=(40,))
    nation = as_()
    answer = read(nation)
    assert codes(answer) == ["27"]
    assert f'href="{province_page("27")}?' in answer.content.decode()
    answer = read(nation, province_page("27") + ONE_DAY)
    assert codes(answer) == [lot.site.code]
    assert f'href="{site_page(lot.site)}?' in answer.content.decode()
    answer = read(nation, site_page(lot.site) + ONE_DAY)
    assert codes(answer) == [lot.site.code]
    assert answer.context["crumbs"][1][0].startswith(province_page("27"))


def test_a_province_sees_its_own_sites_and_no_other_province(as_):
    mine, other = lot_of(province_code="27"), lot_of(province_code="01")
    for lot in (mine, other):
        dose_at(lot, certified_after=(40,))
    officer = as_(Role.PROVINCE_OFFICER, province=province("27"))
    answer = read(officer)
    assert codes(answer) == [mine.site.code]
    assert answer.context["report"].whole.doses == 1
    assert read(officer, province_page("27")).status_code == 200
    assert read(officer, site_page(mine.site)).status_code == 200
    assert officer.get(province_page("01")).status_code == 404
    assert officer.get(site_page(other.site)).status_code == 404
    assert officer.get(province_page("không")).status_code == 404


def test_a_manager_sees_the_own_site_on_one_line(as_):
    mine, other = lot_of(province_code="27"), lot_of(province_code="27")
    for lot in (mine, mine, other):
        dose_at(lot, certified_after=(40,))
    manager = as_(Role.SITE_MANAGER, site=mine.site)
    answer = read(manager)
    assert codes(answer) == [mine.site.code]
    assert (answer.context["report"].whole.doses, answer.context["crumbs"]) == (2, [])
    assert manager.get(site_page(other.site)).status_code == 404
    assert manager.get(province_page("27")).status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.ADMIN])
def test_other_roles_are_refused(as_, role):
    client = as_(role)
    assert client.get(ALL).status_code == 403
    assert client.get(province_page("27")).status_code == 403
    assert f'href="{ALL}"' not in read(client, BOARD).content.decode()


@pytest.mark.parametrize("role", [Role.SITE_RECORDER, Role.SITE_DOCTOR])
def test_the_rest_of_a_site_is_refused_too(as_, role):
    site = make_site()
    assert as_(role, site=site).get(site_page(site)).status_code == 403


def test_strangers_are_asked_to_sign_in(client):
    assert client.get(ALL).status_code == 302


def test_menu_and_board_lead_here(as_):
    page = read(as_(), BOARD).content.decode()
    assert f'href="{ALL}"' in page
    page = read(as_(), f"{BOARD}?province=27").content.decode()
    assert f'href="{province_page("27")}"' in page
    manager = as_(Role.SITE_MANAGER, site=make_site())
    assert f'href="{ALL}"' in read(manager).content.decode()
    assert ALL in manager.get(reverse("admin:index")).content.decode()


# ── what stands there ─────────────────────────────────────────────────────────────────────────
def test_the_tiles_say_the_share_and_the_minutes(as_):
    lot = lot_of()
    for minutes in (40, 41, 42, 75):
        dose_at(lot, certified_after=(minutes,))
    page = read(as_()).content.decode()
    for text in ("75,00 %", "3 trong 4 mũi", "41,0 phút", "75,0 phút", "06/11/2021"):
        assert text in page.replace("\u00a0", " "), text
    assert "cấp trước giờ</h2>" not in page


def test_a_certificate_issued_too_early_is_said_first(as_):
    for code, minutes in (("01", 40), ("27", 12)):
        dose_at(lot_of(province_code=code), certified_after=(minutes,))
    answer = read(as_(), f"{ALL}{ONE_DAY}&sort=-early")
    assert "1 chứng nhận được cấp trước giờ" in answer.content.decode()
    assert codes(answer) == ["27", "01"]
    assert "sort=early" in answer.content.decode()


def test_a_day_without_doses_says_so_and_today_is_the_default(as_):
    dose_at(lot_of(), certified_after=(40,))
    answer = read(as_(), ALL)
    assert answer.context["period"].first == timezone.localdate()
    assert "Không có mũi nào được nhập" in answer.content.decode()
    assert "Ngày sau" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=2999-01-01", "Ngày này chưa đến."),
        ("first=2021-11-06&last=2999-01-01", "Ngày này chưa đến."),
        ("first=2021-11-06&last=2021-11-05", "Ngày cuối đứng trước ngày đầu."),
        ("first=2021-10-06&last=2021-11-06", "nhiều nhất 31 ngày"),
        ("first=0001-01-01", "từ năm 2021"),
        ("first=2021-01-01&last=9999-12-31", "Ngày này chưa đến."),
        ("first=hôm-qua", "Ngày nhập"),
    ],
)
def test_days_that_cannot_be_shown_are_refused_with_a_sentence(as_, query, sentence):
    answer = read(as_(), f"{ALL}?{query}")
    assert "report" not in answer.context
    assert sentence in answer.content.decode()


def test_the_first_of_days_can_be_shown(as_):
    assert "report" in read(as_(), f"{ALL}?first=2021-01-01").context
    assert "report" in read(as_(), f"{ALL}?first=06/11/2021&last=06/12/2021").context


def test_what_takes_too_long_to_count_is_refused_with_a_sentence(as_, monkeypatch):
    def too_much(**_question):
        raise TooMuchAtOnce

    monkeypatch.setattr("certificates.views.waits.waits_report", too_much)
    assert "Quá nhiều mũi" in read(as_()).content.decode()


def test_paper_and_live_are_two_tabs(as_):
    dose_at(
        lot_of(), given=NINE - 60 * MINUTE, entered_after=60, certified_after=(65,), source="paper"
    )
    client = as_()
    assert codes(read(client)) == []
    paper = read(client, f"{ALL}{ONE_DAY}&source=paper")
    assert paper.context["report"].whole.in_time == 1
    assert read(client, f"{ALL}{ONE_DAY}&source=x").context["is_paper"] is False


def test_the_table_is_sorted_the_worst_first_unless_asked(as_):
    for code, minutes in (("01", (40, 75)), ("27", (40,)), ("79", (75,))):
        lot = lot_of(province_code=code)
        for after in minutes:
            dose_at(lot, certified_after=(after,))
    client = as_()
    assert codes(read(client)) == ["79", "01", "27"]
    assert codes(read(client, f"{ALL}{ONE_DAY}&sort=-doses"))[0] == "01"
    assert codes(read(client, f"{ALL}{ONE_DAY}&sort=median"))[-1] == "79"
    assert codes(read(client, f"{ALL}{ONE_DAY}&sort=__class__")) == ["79", "01", "27"]


def test_stuck_certificates_lead_to_their_job_and_to_the_case(as_):
    lot = lot_of(province_code="27")
    dose = dose_at(lot)
    stuck(dose, "a booster cannot be the first dose", due=NINE)
    open_cases_for_stuck_certificates(timezone.now())
    number = dose.cases.get().number
    page = read(as_()).content.decode()
    assert reverse("admin:certificates_issuancejob_change", args=[dose.pk]) in page
    assert reverse("response_center_staff:case", args=[number]) in page
    assert "Mũi nhắc lại không thể là mũi đầu tiên" in page
    assert dose.citizen.full_name not in page
    manager = as_(Role.SITE_MANAGER, site=lot.site)  # the case is at the Ministry's level
    page = read(manager).content.decode()
    assert reverse("admin:certificates_issuancejob_change", args=[dose.pk]) in page
    assert number not in page


def test_the_page_asks_the_same_number_of_questions_of_one_dose_and_of_many(
    as_, django_assert_max_num_queries
):
    for code in ("01", "27", "79"):
        lot = lot_of(province_code=code)
        dose_at(lot, certified_after=(40,))
        stuck(dose_at(lot), "worker_lost", due=NINE)
    open_cases_for_stuck_certificates(timezone.now())
    client = as_()
    with django_assert_max_num_queries(30) as few:
        read(client)
    for _n in range(6):
        stuck(dose_at(lot_of(province_code="44")), "KeyError", due=NINE)
    IssuanceJob.objects.filter(state="pending").update(due_at=NINE)
    with django_assert_max_num_queries(len(few.captured_queries)):
        read(client)


# ── the file ──────────────────────────────────────────────────────────────────────────────────
def test_the_file_holds_the_table_in_numbers(as_):
    lot = lot_of(province_code="27")
    for minutes in ((40,), (75,), ()):
        dose_at(lot, certified_after=minutes)
    client = as_()
    answer = read(client, f"{ALL}{ONE_DAY}&format=csv")
    assert answer["Content-Disposition"] == (
        'attachment; filename="waits-2021-11-06-2021-11-06-live.csv"'
    )
    assert "no-store" in answer["Cache-Control"]
    (row,) = csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
    assert (row["code"], row["name"]) == ("27", "Bắc Ninh")
    assert (row["doses"], row["in_time"], row["share_in_time_percent"]) == ("3", "1", "33.33")
    assert row["minutes_from_injection_median"] == "75.0"
    assert row["minutes_from_injection_95_percent"] == ""  # no certificate yet
    officer = as_(Role.PROVINCE_OFFICER, province=province("01"))
    rows = read(officer, f"{ALL}{ONE_DAY}&format=csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 1


def test_no_name_of_a_site_becomes_a_formula(as_):
    site = make_site(name='=HYPERLINK("http://x.vn")', province_code="27")
    client = as_(Role.SITE_MANAGER, site=site)
    rows = read(client, f"{ALL}{ONE_DAY}&format=csv").content.decode("utf-8-sig").splitlines()
    (row,) = csv.DictReader(rows)
    assert row["name"] == '\'=HYPERLINK("http://x.vn")'
    for text in ("+1", "-1", "@x", "\t=1", "\r=1", "=1"):
        assert safe_cell(text) == f"'{text}"
    assert (safe_cell("a=1"), safe_cell(-1), safe_cell(datetime.date.min)) == (
        "a=1",
        -1,
        datetime.date.min,
    )
