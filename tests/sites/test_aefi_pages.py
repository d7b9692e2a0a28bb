"""The pages of adverse events: reported, listed within reach, updated, sent on, taken as a file."""

import datetime
import io
import uuid

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from registration.models import AdministrativeUnit, RecordAccess, UnitKind
from sites import aefi_selectors
from sites.aefi_line_list import COLUMNS
from sites.models import AefiReport, Dose, Role
from sites.services.aefi import report_aefi, send_on
from tests.factories import make_dose, make_lot, make_site, make_staff, province
from tests.sites.making import Desk

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
LIST = "/staff/adverse-events/"


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def dose(desk):
    return desk.inject(desk.clear()).dose


def sign_in(client, account):
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def report(desk, dose, **over):
    now = over.pop("now", timezone.now())
    values = {"onset_at": now, "symptoms": ["fever"], "by": desk.recorder, "now": now, **over}
    return report_aefi(dose=dose, **values)


def new(dose):
    return f"{LIST}new/{dose.public_id}/"


def page_of(report):
    return f"{LIST}{report.public_id}/"


def body(**over):
    local = timezone.localtime()
    return {
        "symptoms": ["fever"],
        "onset_time": f"{local:%H:%M}",
        "onset_day": f"{local:%d/%m/%Y}",
        "seriousness": "none",
        "grade": "",
        **over,
    }


def listed(client, query=""):
    return [line.report for line in client.get(f"{LIST}{query}").context["lines"]]


# ── reporting ─────────────────────────────────────────────────────────────────────────────────
def test_each_seated_person_has_a_link_to_report_and_what_was_reported_shows(client, desk, dose):
    sign_in(client, desk.recorder)
    assert new(dose) in client.get("/staff/observe/").content.decode()
    report(desk, dose)
    assert client.get("/staff/observe/").context["cards"][0].events == 1


def test_a_plain_event_is_one_sign_and_one_press(client, desk, dose):
    sign_in(client, desk.recorder)
    form = client.get(new(dose)).context["form"]
    typed = {name: form[name].value() or "" for name in ("onset_time", "onset_day")}
    answer = client.post(new(dose), {"symptoms": "fever", "seriousness": "none", **typed})
    made = AefiReport.objects.get()
    assert answer["Location"] == page_of(made)
    assert (made.grade, made.due_at, made.reported_by) == (0, None, desk.recorder)


def test_the_proposed_grade_is_looked_at_once_and_then_saved(client, desk, dose):
    sign_in(client, desk.recorder)
    signs = ["hives", "tight_chest"]
    look = client.post(new(dose), body(symptoms=signs))
    assert not AefiReport.objects.exists()
    assert look.context["form"]["grade"].value() == "2"
    client.post(new(dose), body(symptoms=signs, grade="2", proposal_seen="2"))
    assert AefiReport.objects.get().grade == 2


def test_the_person_decides_against_the_proposal_once_it_was_seen(client, desk, dose):
    sign_in(client, desk.recorder)
    assert client.post(new(dose), body(symptoms=["shock"], grade="0")).status_code == 200
    client.post(new(dose), body(symptoms=["shock"], grade="0", proposal_seen="3"))
    assert AefiReport.objects.get().grade == 0


def test_more_signs_than_were_seen_are_looked_at_again(client, desk, dose):
    sign_in(client, desk.recorder)
    again = body(symptoms=["hives", "arrest"], grade="1", proposal_seen="1")
    assert client.post(new(dose), again).context["form"]["proposal_seen"].value() == "4"


def test_pressing_twice_makes_one_report_and_leads_to_it(client, desk, dose):
    sign_in(client, desk.recorder)
    answers = [client.post(new(dose), body())["Location"] for _twice in range(2)]
    assert answers == [page_of(AefiReport.objects.get())] * 2


def test_another_report_of_the_same_event_keeps_what_was_typed_and_names_the_first(
    client, desk, dose
):
    first = report(desk, dose)
    sign_in(client, desk.doctor)
    answer = client.post(new(dose), body(symptoms=["headache"], treatment="nghỉ"))
    assert page_of(first) in answer.content.decode()
    assert answer.context["form"]["treatment"].value() == "nghỉ"
    assert AefiReport.objects.count() == 1


def test_an_event_typed_later_counts_its_day_from_the_notice(client, desk, dose):
    now = timezone.now()
    Dose.objects.filter(pk=dose.pk).update(administered_at=now - 2 * DAY)
    noticed = timezone.localtime(now - DAY).replace(second=0, microsecond=0)
    when = {
        "onset_time": f"{noticed:%H:%M}",
        "onset_day": f"{noticed:%d/%m/%Y}",
        "noticed_time": f"{noticed:%H:%M}",
        "noticed_day": f"{noticed:%d/%m/%Y}",
    }
    sign_in(client, desk.recorder)
    client.post(new(dose), body(seriousness="hospitalised", **when))
    assert AefiReport.objects.get().due_at == noticed + DAY
    assert client.get(LIST).context["lines"][0].clock.is_over


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"symptoms": [], "description": " \u200b"}, "symptoms"),
        ({"symptoms": ["love"]}, "symptoms"),
        ({"onset_time": "25:00"}, "onset_time"),
        ({"onset_time": ""}, "onset_time"),
        ({"onset_day": "31/02/2021"}, "onset_day"),
        ({"onset_day": "01/01/2029"}, "onset_time"),
        ({"onset_day": "01/01/2020"}, "onset_time"),
        ({"noticed_time": "00:00", "noticed_day": "01/01/2020"}, "noticed_time"),
        ({"noticed_time": "23:59", "noticed_day": "01/01/2029"}, "noticed_time"),
        ({"noticed_day": "01/01/2020"}, "noticed_time"),
        ({"grade": "5"}, "grade"),
        ({"seriousness": "x"}, "seriousness"),
        ({"seriousness": ""}, "seriousness"),
        ({"treatment": "x" * 501}, "treatment"),
        ({"description": "x" * 10_000}, "description"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(client, desk, dose, over, field):
    sign_in(client, desk.recorder)
    answer = client.post(new(dose), body(**over))
    assert list(answer.context["form"].errors) == [field]
    assert not AefiReport.objects.exists()


@pytest.mark.parametrize("seen", ["99", "-1", "x" * 5000, "\u00b2"])
def test_a_forged_proposal_counts_for_nothing(client, desk, dose, seen):
    sign_in(client, desk.recorder)
    look = client.post(new(dose), body(symptoms=["shock"], grade="0", proposal_seen=seen))
    assert look.context["form"]["proposal_seen"].value() == "3"
    bad = client.post(new(dose), body(symptoms=["love"], proposal_seen=seen))
    assert bad.status_code == 200
    assert not AefiReport.objects.exists()


def test_invisible_characters_in_words_are_left_out(client, desk, dose):
    sign_in(client, desk.recorder)
    client.post(new(dose), body(description="sốt\x00 cao\u200b\r\nđau"))
    assert AefiReport.objects.get().description == "sốt cao\nđau"


def test_markup_in_words_is_text(client, desk, dose):
    made = report(desk, dose, description="<script>alert(1)</script>")
    sign_in(client, desk.recorder)
    assert "<script>alert" not in client.get(page_of(made)).content.decode()


def test_for_a_dose_taken_back_there_is_no_form(client, desk, dose):
    Dose.objects.filter(pk=dose.pk).update(status="voided", void_reason="nhầm người")
    sign_in(client, desk.recorder)
    assert "<textarea" not in client.get(new(dose)).content.decode()
    assert client.post(new(dose), body()).status_code == 200
    assert not AefiReport.objects.exists()


def test_the_dose_in_the_records_and_the_person_at_the_check_in_lead_to_the_report(
    client, desk, dose
):
    sign_in(client, desk.manager)
    shown = client.get(f"/staff/vaccination_sites/dose/{dose.pk}/report-event/")
    assert shown["Location"] == new(dose)
    paper = dose.citizen.documents.get(kind="cccd").number
    assert new(dose) in client.post("/staff/checkin/", {"q": str(paper)}).content.decode()


# ── who may, and how far ──────────────────────────────────────────────────────────────────────
def test_a_stranger_is_sent_to_the_sign_in(client, desk, dose):
    made = report(desk, dose)
    for path in (LIST, new(dose), page_of(made), f"{LIST}line-list.csv"):
        assert client.get(path)["Location"].startswith("/staff/login/")


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.ADMIN])
def test_who_has_nothing_to_do_with_events_sees_none(client, desk, dose, role):
    made = report(desk, dose)
    sign_in(client, make_staff(role=role))
    for path in (LIST, new(dose), page_of(made), f"{LIST}line-list.xlsx"):
        assert client.get(path).status_code == 403


def test_each_posting_sees_its_own_reach(client):
    ward = AdministrativeUnit.objects.filter(
        scheme=2021, kind=UnitKind.WARD, parent__parent=province("79")
    ).first()
    here = Desk()
    here.site.ward = ward
    here.site.save()
    near, far = Desk(), make_lot(site=make_site(province_code="01"))
    made = [report(each, each.inject(each.clear()).dose) for each in (here, near)]
    there = make_staff(site=far.site)
    made.append(
        report_aefi(
            dose=make_dose(lot=far),
            onset_at=timezone.now(),
            symptoms=["fever"],
            by=there,
            now=timezone.now(),
        )
    )
    reach = (
        (here.recorder, made[:1]),
        (make_staff(role=Role.DISTRICT_OFFICER, district=ward.parent), made[:1]),
        (make_staff(role=Role.PROVINCE_OFFICER, province=province("79")), made[:2]),
        (make_staff(role=Role.NATIONAL_OFFICER), made),
    )
    for account, seen in reach:
        sign_in(client, account)
        assert set(listed(client)) == set(seen)
        statuses = [client.get(page_of(each)).status_code for each in made]
        assert statuses == [200 if each in seen else 404 for each in made]


def test_another_sites_dose_and_report_are_not_there(client, desk, dose):
    made = report(desk, dose)
    sign_in(client, Desk().manager)
    for path in (new(dose), page_of(made), f"{LIST}new/{uuid.uuid4()}/"):
        assert client.get(path).status_code == 404
        assert client.post(path, body()).status_code == 404
    assert not RecordAccess.objects.filter(purpose="adverse_event").exists()


def test_an_officer_reports_nothing_and_a_site_sends_nothing_on(client, desk, dose):
    made = report(desk, dose, grade=3)
    sign_in(client, make_staff(role=Role.PROVINCE_OFFICER, province=province("79")))
    assert client.get(new(dose)).status_code == 403
    assert client.post(page_of(made), {"outcome": "recovered"}).status_code == 404
    sign_in(client, desk.manager)
    assert client.post(f"{page_of(made)}send/").status_code == 403
    made.refresh_from_db()
    assert (made.sent_on_at, made.outcome) == (None, "unknown")


def test_lists_name_nobody_and_opening_a_report_is_on_record(client, desk, dose):
    made = report(desk, dose)
    sign_in(client, desk.manager)
    name = dose.citizen.full_name
    assert name not in client.get(LIST).content.decode()
    answer = client.get(page_of(made))
    assert name in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    seen = RecordAccess.objects.get(account=desk.manager, purpose="adverse_event")
    assert seen.citizen == dose.citizen


# ── the list ──────────────────────────────────────────────────────────────────────────────────
def several(desk):
    """A plain one, an overdue one, one whose clock runs, one sent on; noticed in this order."""
    now = timezone.now()
    plain, over, runs, sent = (desk.inject(desk.clear()).dose for _each in range(4))
    Dose.objects.filter(pk=over.pk).update(administered_at=now - 3 * DAY)
    late = report(desk, over, grade=3, now=now - 2 * DAY)
    made = report(desk, sent, seriousness="other")
    send_on(report=made, by=make_staff(role=Role.NATIONAL_OFFICER), now=timezone.now())
    first = report(desk, plain)
    return {"plain": first, "over": late, "runs": report(desk, runs, grade=4), "sent": made}


def test_clocks_that_run_stand_first_the_overdue_at_the_top(client, desk):
    made = several(desk)
    sign_in(client, desk.manager)
    rows = listed(client)
    assert rows[:2] == [made["over"], made["runs"]]
    assert rows == list(aefi_selectors.reports_for(desk.manager.posting))
    answer = client.get(LIST)
    assert [line.clock and line.clock.is_over for line in answer.context["lines"][:2]] == [
        True,
        False,
    ]
    assert "(4)" in answer.context["tabs"][0].text
    assert answer.content.decode().count('aria-current="page"') >= 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?clock=overdue", {"over"}),
        ("?clock=running", {"over", "runs"}),
        ("?clock=sent", {"sent"}),
        ("?clock=x&grade=x&seriousness=x&province=x&page=x", {"plain", "over", "runs", "sent"}),
        ("?grade=4", {"runs"}),
        ("?grade=0", {"plain", "sent"}),
        ("?seriousness=serious", {"sent"}),
        ("?seriousness=none", {"plain", "over", "runs"}),
        ("?lot=NO-SUCH-LOT", set()),
        ("?lot=" + "x" * 500, {"plain", "over", "runs", "sent"}),
    ],
)
def test_the_list_is_narrowed(client, desk, query, names):
    made = several(desk)
    sign_in(client, desk.manager)
    assert set(listed(client, query)) == {made[name] for name in names}


def test_the_nation_narrows_to_a_province_and_a_lot(client, desk, dose):
    made = report(desk, dose)
    sign_in(client, make_staff(role=Role.NATIONAL_OFFICER))
    assert listed(client, "?province=79") == [made]
    assert listed(client, "?province=01") == []
    assert listed(client, f"?lot={desk.lot.number.lower()}") == [made]


def test_the_menu_counts_the_overdue_within_reach(client, desk):
    several(desk)
    sign_in(client, desk.manager)
    assert aefi_selectors.count_overdue(desk.manager.posting, now=timezone.now()) == 1
    assert aefi_selectors.count_overdue(Desk().manager.posting, now=timezone.now()) == 0
    assert ">1</b>" in client.get(LIST).content.decode()


# ── what becomes of it ────────────────────────────────────────────────────────────────────────
def test_how_the_person_is_now_is_brought_up_to_date_and_stands_in_the_history(client, desk, dose):
    made = report(desk, dose)
    sign_in(client, desk.doctor)
    today = f"{timezone.localdate():%d/%m/%Y}"
    values = {"outcome": "recovered", "outcome_on": today, "grade": "3", "seriousness": "none"}
    assert client.post(page_of(made), values).status_code == 302
    made.refresh_from_db()
    assert (made.outcome, made.grade, made.due_at is None) == ("recovered", 3, False)
    newest, first = client.get(page_of(made)).context["steps"]
    assert (newest.by, first.by) == (desk.doctor.get_full_name(), desk.recorder.get_full_name())
    assert len(newest.changes) == 4


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"outcome": "x"}, "outcome"),
        ({"outcome_on": "01/01/2029"}, "outcome_on"),
        ({"outcome_on": "01/01/2020"}, "outcome_on"),
        ({"outcome_on": "soon"}, "outcome_on"),
        ({"grade": "9"}, "grade"),
        ({"seriousness": ""}, "seriousness"),
    ],
)
def test_an_outcome_that_cannot_be_right_is_refused(client, desk, dose, over, field):
    made = report(desk, dose)
    sign_in(client, desk.doctor)
    values = {"outcome": "recovered", "outcome_on": "", "grade": "0", "seriousness": "none"}
    assert list(client.post(page_of(made), {**values, **over}).context["form"].errors) == [field]
    made.refresh_from_db()
    assert made.outcome == "unknown"


def test_the_province_sends_it_on_once_and_the_clock_ends(client, desk, dose):
    made = report(desk, dose, grade=3)
    officer = make_staff(role=Role.PROVINCE_OFFICER, province=province("79"))
    sign_in(client, officer)
    for _twice in range(2):
        assert client.post(f"{page_of(made)}send/").status_code == 302
    made.refresh_from_db()
    assert made.sent_on_by == officer
    answer = client.get(page_of(made))
    assert answer.context["clock"] is None
    assert answer.context["steps"][0].by == officer.get_full_name()
    assert client.get(f"{page_of(made)}send/").status_code == 405


# ── the line list ─────────────────────────────────────────────────────────────────────────────
def test_the_line_list_holds_the_chosen_reports_and_who_took_it_is_on_record(client, desk):
    made = several(desk)
    sign_in(client, desk.manager)
    answer = client.get(f"{LIST}line-list.csv?grade=4")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert [line.split(",")[0] for line in lines[1:]] == [made["runs"].number]
    seen = RecordAccess.objects.get(account=desk.manager, purpose="adverse_event")
    assert seen.citizen == made["runs"].dose.citizen


def test_no_cell_of_a_line_list_is_a_formula(client, desk, dose):
    report(desk, dose, description='=HYPERLINK("http://x")', treatment="@SUM(1)")
    sign_in(client, desk.manager)
    text = client.get(f"{LIST}line-list.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert "'@SUM" in text
    book = load_workbook(io.BytesIO(client.get(f"{LIST}line-list.xlsx").content))
    head, row = book.active.iter_rows()
    assert len(head) == len(COLUMNS)
    assert {cell.data_type for cell in row} <= {"s", "n", "inlineStr"}


def test_too_many_reports_for_one_file_are_refused_in_words(client, desk, monkeypatch):
    several(desk)
    monkeypatch.setattr("sites.aefi_line_list.MOST_ROWS", 3)
    sign_in(client, desk.manager)
    answer = client.get(f"{LIST}line-list.csv?clock=all", follow=True)
    assert answer.redirect_chain[0][0] == f"{LIST}?clock=all"
    assert [str(message) for message in answer.context["messages"]]


# ── lots ──────────────────────────────────────────────────────────────────────────────────────
def test_a_lot_with_more_reports_than_the_others_stands_out(desk):
    other = make_lot(site=desk.site, vaccine=desk.lot.vaccine)
    for lot, doses in ((desk.lot, 3), (other, 30)):
        for _each in range(doses):
            dose = make_dose(lot=lot)
            if lot == desk.lot:
                report(desk, dose)
    (signal,) = aefi_selectors.lot_signals(now=timezone.now())
    assert (signal.lot_number, signal.reports, signal.doses) == (desk.lot.number, 3, 3)
