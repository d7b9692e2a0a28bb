"""The pages of the identity check: who sees them, a list out and back, files that are refused."""

import io
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from registration.models import Citizen, IdentityCheckEvent, IdentityCheckList, RecordAccess
from registration.services.citizens import Paper
from registration.services.identity_checks import make_check_list
from registration.services.identity_tally import count_all_checks
from response_center.services.identity_answers import read_answer_file
from sites.models import Role
from tests.factories import make_citizen, make_site, make_staff, province
from tests.sites.making import at_once
from vaxplatform.xlsx import write_sheet

pytestmark = pytest.mark.django_db
PAGE = "/staff/identity/"
MAKE = f"{PAGE}lists/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def browser_of(account, language="en"):
    browser = Client()
    browser.force_login(account, backend=BACKEND)
    browser.post("/language/", {"language": language, "next": "/"})
    return browser


def official():
    return make_staff(role=Role.NATIONAL_OFFICER)


@pytest.fixture
def browser(db):
    return browser_of(official())


def new_list(**over):
    values = {"province": None, "by": official(), "now": timezone.now(), **over}
    return make_check_list(**values).check_list


def address_of(check_list, more=""):
    return f"{MAKE}{check_list.public_id}/{more}"


def filled(content, said):
    """The list's own file, its answers written in by a spreadsheet program; `said(row)`."""
    book = load_workbook(io.BytesIO(content))
    sheet = book.active
    headings = [cell.value for cell in sheet[1]]
    result, fields = headings.index("Kết quả") + 1, headings.index("Trường không khớp") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, result).value, sheet.cell(row, fields).value = said(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hand_in(browser, check_list, content, name="traloi.xlsx", **more):
    file = SimpleUploadedFile(name, content)
    return browser.post(address_of(check_list), {"file": file}, **more)


def test_a_list_goes_out_by_the_page_and_comes_back_filled_in(browser):
    one = make_citizen(full_name="=1+1 Lê Thị Mẫu", date_of_birth="1954-02")
    other = make_citizen(province_id=province("01").pk)
    assert browser.post(MAKE, {"limit": "500"}).status_code == 302
    check_list = IdentityCheckList.objects.get()
    taken = browser.post(address_of(check_list, "file/"))
    assert "doi-chieu-" in taken["Content-Disposition"]
    assert "no-store" in taken["Cache-Control"]
    sheet = load_workbook(io.BytesIO(taken.content)).active
    rows = {row[2]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert rows["=1+1 Lê Thị Mẫu"][3:6] == ("02/1954", "Nữ", "CCCD")
    assert len(rows["=1+1 Lê Thị Mẫu"][6]) == 12
    assert RecordAccess.objects.filter(purpose="identity_check").count() == 2
    content = filled(taken.content, lambda _row: ("Khớp", None))
    page = hand_in(browser, check_list, content, follow=True)
    assert page.context["applied"] == 2
    for citizen in (one, other):
        assert Citizen.objects.get(pk=citizen.pk).identity_check == "matched"
    lines = browser.get(PAGE).context["lines"]
    assert [(line["people"], line["rate"]) for line in lines] == [(1, 100), (1, 100)]
    again = hand_in(browser, check_list, content, follow=True)
    assert "These answers were read before" in again.content.decode()


def test_the_result_page_names_the_rows_and_why_in_both_languages(browser):
    for _n in range(3):
        make_citizen()
    check_list = new_list()
    said = {2: ("khớp", None), 3: ("có lẽ", None), 4: ("không khớp", None)}
    content = filled(browser.post(address_of(check_list, "file/")).content, said.get)
    answer = hand_in(browser, check_list, content)
    page = browser.get(answer["Location"]).content.decode()
    assert "The result is not one that we know" in page
    assert "1 row: 3" in page
    in_vietnamese = browser_of(official(), "vi").get(answer["Location"]).content.decode()
    assert "The result is" not in in_vietnamese
    assert "Kết quả này không có trong các kết quả đã biết" in in_vietnamese


def bomb():
    """An archive that unpacks to more than anybody reads."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x")
        with archive.open("xl/media/x", "w", force_zip64=True) as part:
            for _n in range(601):
                part.write(b"\0" * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in this file"),
        (b"PK\x03\x04 damaged", "This file is damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "This is not a spreadsheet"),
        (b"a,b\n1,2\n", "were not found"),
        ("Mã dòng,Kết quả\nx,\n".encode(), "No row of this file has a result"),
        (
            "Mã dòng,Kết quả\n5e0c3a9e-0d5b-4f7e-9a64-7b1f0e4f9b11,khớp\n".encode(),
            "No row of this file is of this list",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence_and_changes_nothing(browser, content, sentence):
    make_citizen()
    check_list = new_list()
    answer = hand_in(browser, check_list, content)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not IdentityCheckEvent.objects.exists()


def test_an_archive_that_unpacks_to_too_much_is_refused_unopened(browser):
    make_citizen()
    answer = hand_in(browser, new_list(), bomb())
    assert answer.status_code == 400
    assert "too large to be opened" in answer.content.decode()


def test_answers_come_as_csv_too_and_no_file_at_all_is_asked_for(browser):
    citizen = make_citizen()
    check_list = new_list()
    row = check_list.people.get().public_id
    assert "Choose the file" in browser.post(address_of(check_list)).content.decode()
    hand_in(browser, check_list, f"row id;result;fields\n{row};mismatched;sex\n".encode(), "a.csv")
    assert Citizen.objects.get(pk=citizen.pk).identity_check == "mismatched"


def test_a_province_has_its_own_lists_people_and_line_only(browser):
    here, there = make_citizen(), make_citizen(province_id=province("01").pk)
    own = browser_of(make_staff(role=Role.PROVINCE_OFFICER, province=province("79")))
    foreign = new_list(province=province("01"))
    own.post(MAKE, {"limit": "500", "province": "01"})
    check_list = IdentityCheckList.objects.exclude(pk=foreign.pk).get()
    assert check_list.province == province("79")
    assert [row.citizen_id for row in check_list.people.all()] == [here.pk]
    count_all_checks(timezone.now())
    page = own.get(PAGE)
    assert [line["name"] for line in page.context["lines"]] == [province("79").name]
    assert list(page.context["page_obj"]) == [check_list]
    assert own.get(address_of(foreign)).status_code == 404
    assert own.post(address_of(foreign, "file/")).status_code == 404
    assert hand_in(own, foreign, b"x").status_code == 404
    content = filled(browser.post(address_of(foreign, "file/")).content, lambda _r: ("khớp", None))
    answer = hand_in(browser, foreign, content)
    assert own.get(answer["Location"]).status_code == 404
    assert Citizen.objects.get(pk=there.pk).identity_check == "matched"


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.ADMIN, Role.SITE_MANAGER])
def test_other_roles_neither_see_nor_take_it(role):
    place = {"site": make_site()} if role == Role.SITE_MANAGER else {}
    stranger = browser_of(make_staff(role=role, **place))
    make_citizen()
    check_list = new_list()
    for answer in (
        stranger.get(PAGE),
        stranger.post(MAKE, {"limit": "500"}),
        stranger.get(address_of(check_list)),
        stranger.post(address_of(check_list, "file/")),
    ):
        assert answer.status_code == 403
    assert not RecordAccess.objects.filter(purpose="identity_check").exists()
    assert Client().get(PAGE).status_code == 302


def test_a_list_is_not_taken_by_a_link(browser):
    make_citizen()
    assert browser.get(address_of(new_list(), "file/")).status_code == 405
    assert browser.get(MAKE).status_code == 302


def test_bad_choices_are_answered_with_a_sentence(browser):
    for form in ({"limit": "7"}, {"limit": ""}, {"limit": "500", "province": "\0"}):
        assert browser.post(MAKE, form).status_code == 400
    assert not IdentityCheckList.objects.exists()


def test_where_nobody_is_to_be_asked_about_the_page_says_so(browser):
    make_citizen(papers=())
    page = browser.post(MAKE, {"limit": "500"}, follow=True).content.decode()
    assert "Nobody is to be asked about here" in page
    assert "1 person has no paper" in page


def test_the_table_is_taken_as_csv_and_the_page_reads_no_people(
    browser, django_assert_max_num_queries
):
    make_citizen()
    count_all_checks(timezone.now())
    table = browser.get(f"{PAGE}?format=csv").content.decode("utf-8-sig").splitlines()
    assert table[0].startswith("province,name,people,checked,matched,clean_rate_percent")
    assert table[1].startswith(f"79,{province('79').name},1,0,0,0.00")
    with django_assert_max_num_queries(20) as seen:
        assert browser.get(PAGE).status_code == 200
    assert not [q for q in seen.captured_queries if "registration_citizen" in q["sql"]]


def answer_sheet(check_list, result, folder):
    target = Path(folder) / f"{result}.xlsx"
    rows = [[str(row.public_id), result] for row in check_list.people.all()]
    write_sheet(target, title="x", rows=[["Mã dòng", "Kết quả"], *rows])
    return target.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_the_same_answers_handed_in_at_once_by_four_count_once():
    people = [make_citizen() for _n in range(20)]
    check_list, by = new_list(), official()
    with tempfile.TemporaryDirectory() as folder:
        content = answer_sheet(check_list, "khớp", folder)

    def read(_n):
        counts = read_answer_file(
            check_list=check_list, content=content, by=by, now=timezone.now()
        ).counts
        return counts["applied"], counts["again"]

    assert sorted(at_once(4, read)) == [(0, 20), (0, 20), (0, 20), (20, 0)]
    checks = Citizen.objects.filter(pk__in=[c.pk for c in people])
    assert set(checks.values_list("identity_check", flat=True)) == {"matched"}


@pytest.mark.django_db(transaction=True)
def test_two_lists_made_at_once_share_nobody():
    people = [make_citizen() for _n in range(10)]
    by = official()

    def make_one(_n):
        made = make_check_list(province=None, by=by, now=timezone.now(), limit=6)
        return made.check_list.rows

    assert sorted(at_once(2, make_one)) == [4, 6]
    listed = [
        row.citizen_id for each in IdentityCheckList.objects.all() for row in each.people.all()
    ]
    assert sorted(listed) == sorted(c.pk for c in people)


@pytest.mark.django_db(transaction=True)
def test_no_answer_is_kept_for_a_paper_that_is_being_written():
    citizen = make_citizen(papers=(Paper("cmnd", "024681357"),))
    check_list, by = new_list(), official()
    with tempfile.TemporaryDirectory() as folder:
        content = answer_sheet(check_list, "khớp", folder)
    counts = []

    def read():
        event = read_answer_file(check_list=check_list, content=content, by=by, now=timezone.now())
        counts.append(event.counts["not_applied"])
        connection.close()

    reader = threading.Thread(target=read)
    with transaction.atomic():
        paper = Paper("cccd", "079187654321")
        citizen.documents.create(kind=paper.kind, number=paper.number, number_index=paper.index)
        reader.start()
        reader.join(timeout=2)
        assert reader.is_alive()  # it waits for the paper
    reader.join(timeout=20)
    assert counts == [{"stale": 1}]
    assert Citizen.objects.get(pk=citizen.pk).identity_check == "not_checked"
