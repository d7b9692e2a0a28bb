"""The identity check: lists that go out, answers that come back, and what is counted of them."""

import datetime

import pytest
from django.db import connection

from registration.identity_selectors import clean_league
from registration.models import (
    Citizen,
    DocumentKind,
    IdentityCheckEvent,
    IdentityCheckList,
    IdentityCheckRow,
    IdentityDocument,
    IdentityTally,
    RecordAccess,
)
from registration.services.citizens import Paper
from registration.services.corrections import CitizenChanges, correct_citizen
from registration.services.identity_answers import (
    AnswerColumnsMissing,
    AnswersOfAnotherList,
    NothingAnswered,
    read_answers,
)
from registration.services.identity_checks import make_check_list, worklist_file
from registration.services.identity_tally import count_all_checks
from sites.models import Role
from tests.factories import make_citizen, make_staff, province
from vaxplatform.crypto import blind_index

pytestmark = pytest.mark.django_db
HEADINGS = ("STT", "Mã dòng", "Kết quả", "Trường không khớp")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def official(db):
    return make_staff(role=Role.NATIONAL_OFFICER)


def make_list(official, now, **over):
    values = {"province": None, "by": official, "now": now, **over}
    return make_check_list(**values)


def answer(check_list, now, *answers, by=None):
    """`answers`: (row or citizen or text, result, fields) from line 2 on."""
    lines = [(1, HEADINGS)]
    for line, (who, result, *fields) in enumerate(answers, start=2):
        key = who
        if isinstance(who, Citizen):
            key = str(check_list.people.get(citizen=who).public_id)
        lines.append((line, (str(line), key, result, fields[0] if fields else "")))
    return read_answers(check_list=check_list, lines=lines, by=by, now=now)


def check_of(citizen):
    return Citizen.objects.get(pk=citizen.pk).identity_check


def listed(made):
    return (
        set(made.check_list.people.values_list("citizen", flat=True)) if made.check_list else set()
    )


def malformed(citizen):
    """As an old installation may hold it: past every service."""
    citizen.documents.all().delete()
    IdentityDocument.objects.create(
        citizen=citizen,
        kind=DocumentKind.CCCD,
        number="0791871",
        number_index=blind_index("cccd", "0791871"),
    )


# ── lists ─────────────────────────────────────────────────────────────────────────────────────
def test_a_list_takes_who_was_not_checked_and_tells_who_has_no_possible_number(official, now):
    asked, other = make_citizen(), make_citizen(province_id=province("01").pk)
    bare, odd = make_citizen(papers=()), make_citizen()
    malformed(odd)
    joined = make_citizen()
    Citizen.objects.filter(pk=joined.pk).update(merged_into=asked)
    made = make_list(official, now, province=province())
    assert listed(made) == {asked.pk}
    assert made.check_list.rows == 1
    assert made.without == {"no_id": 1, "malformed_id": 1}
    assert [check_of(c) for c in (asked, other, bare, odd, joined)] == [
        "not_checked", "not_checked", "no_id", "malformed_id", "not_checked",
    ]  # fmt: skip


def test_a_person_with_one_good_number_is_asked_about_by_that_one(official, now):
    citizen = make_citizen(papers=(Paper("cccd", "079187654321"), Paper("cmnd", "024681357")))
    citizen.documents.filter(kind="cccd").delete()
    assert listed(make_list(official, now)) == {citizen.pk}


def test_a_health_insurance_card_is_no_identity_paper(official, now):
    citizen = make_citizen(papers=(Paper("bhyt", "7912345678"),))
    assert make_list(official, now).check_list is None
    assert check_of(citizen) == "no_id"


def test_who_waits_on_a_list_is_not_listed_again_for_thirty_days(official, now):
    citizen = make_citizen()
    make_list(official, now)
    assert make_list(official, now + 29 * DAY).check_list is None
    assert listed(make_list(official, now + 31 * DAY)) == {citizen.pk}


def test_the_rest_comes_with_the_next_list(official, now):
    people = {make_citizen().pk for _n in range(3)}
    first, second = make_list(official, now, limit=2), make_list(official, now, limit=2)
    assert len(listed(first)) == 2
    assert listed(first) | listed(second) == people


@pytest.mark.parametrize(
    "change",
    [
        lambda c: Citizen.objects.filter(pk=c.pk).update(full_name="Trần Thị Khác"),
        lambda c: Citizen.objects.filter(pk=c.pk).update(date_of_birth="1988"),
        lambda c: Citizen.objects.filter(pk=c.pk).update(sex="male"),
        lambda c: c.documents.update(number_index=b"\1" * 32),
        lambda c: c.documents.all().delete(),
        lambda c: IdentityDocument.objects.create(
            citizen=c, kind="passport", number="C1234567", number_index=b"\2" * 32
        ),
    ],
)
def test_whatever_way_the_details_change_the_person_counts_as_not_checked(change):
    citizen = make_citizen()
    Citizen.objects.filter(pk=citizen.pk).update(identity_check="matched")
    change(citizen)
    assert check_of(citizen) == "not_checked"


def test_a_new_phone_or_insurance_card_leaves_the_answer_standing():
    citizen = make_citizen()
    Citizen.objects.filter(pk=citizen.pk).update(identity_check="matched")
    Citizen.objects.filter(pk=citizen.pk).update(phone="+84900000009", address="Số 1")
    IdentityDocument.objects.create(
        citizen=citizen, kind="bhyt", number="7912345678", number_index=b"\3" * 32
    )
    assert check_of(citizen) == "matched"


def test_taking_a_list_is_kept_for_every_person_and_leaves_out_whose_details_changed(official, now):
    kept, changed = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    Citizen.objects.filter(pk=changed.pk).update(full_name="Trần Thị Khác")
    assert worklist_file(check_list=check_list, by=official, now=now).startswith(b"PK")
    seen = RecordAccess.objects.filter(purpose="identity_check", account=official)
    assert list(seen.values_list("citizen", flat=True)) == [kept.pk]
    assert IdentityCheckEvent.objects.get().counts == {"people": 1, "left_out": 1}
    assert listed(make_list(official, now)) == {changed.pk}


# ── answers ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("said", "fields", "check", "mismatched"),
    [
        ("Khớp", "", "matched", []),
        ("MATCHED", "", "matched", []),
        ("không khớp", "Ngày sinh; họ tên", "mismatched", ["full_name", "date_of_birth"]),
        ("mismatched", "sex, address", "mismatched", ["sex", "address"]),
        ("Không tìm thấy", "", "mismatched", ["id_number"]),
        ("số sai", "", "malformed_id", []),
        ("malformed_ID", "ID number", "malformed_id", []),
        ("Không có số", "", "no_id", []),
        ("no ID", "", "no_id", []),
    ],
)
def test_answers_are_read_in_both_languages(official, now, said, fields, check, mismatched):
    citizen = make_citizen()
    check_list = make_list(official, now).check_list
    event = answer(check_list, now + DAY, (citizen, said, fields), by=official)
    row = IdentityCheckRow.objects.get()
    assert (check_of(citizen), row.result, row.mismatched) == (check, check, mismatched)
    assert (event.counts["applied"], event.counts["by_result"]) == (1, {check: 1})
    assert event.counts["by_field"] == dict.fromkeys(mismatched, 1)
    check_list.refresh_from_db()
    assert (check_list.answers, check_list.answered_at) == ({check: 1}, now + DAY)


@pytest.mark.parametrize(
    ("said", "fields", "code"),
    [
        ("có lẽ", "", "result_unknown"),
        ("", "ngày sinh", "result_unknown"),
        ("không khớp", "", "fields_missing"),
        ("không khớp", "tuổi", "fields_unknown"),
        ("khớp", "ngày sinh", "fields_needless"),
        ("không có số", "địa chỉ", "fields_needless"),
        ("<b>khớp</b>" * 100, "", "result_unknown"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_taken_in(
    official, now, said, fields, code
):
    good, bad = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    event = answer(check_list, now, (good, "khớp"), (bad, said, fields))
    assert (check_of(good), check_of(bad)) == ("matched", "not_checked")
    assert event.counts["not_applied"] == {code: 1}
    event.refresh_from_db()
    assert event.counts["lines"] == [[3, code]]


def test_rows_of_other_lists_and_made_up_rows_are_unknown(official, now):
    here, there = make_citizen(), make_citizen()
    one = make_list(official, now, limit=1).check_list
    other = make_list(official, now, limit=1).check_list
    first = Citizen.objects.get(pk=one.people.get().citizen_id)
    strange = str(other.people.get().public_id)
    event = answer(one, now, (first, "khớp"), (strange, "khớp"), ("dòng 7", "khớp"))
    assert event.counts["not_applied"] == {"row_unknown": 2}
    assert sorted(check_of(c) for c in (here, there)) == ["matched", "not_checked"]
    with pytest.raises(AnswersOfAnotherList):
        answer(one, now, (strange, "khớp"))


def test_an_answer_about_older_details_is_stale_and_the_person_is_listed_again(official, now):
    citizen = make_citizen()
    check_list = make_list(official, now).check_list
    correct_citizen(citizen=citizen, changes=CitizenChanges(date_of_birth="1987-03-13"), now=now)
    for _time in range(2):
        event = answer(check_list, now + DAY, (citizen, "khớp"))
        assert (event.counts["applied"], event.counts["not_applied"]) == (0, {"stale": 1})
    assert check_of(citizen) == "not_checked"
    assert listed(make_list(official, now + DAY)) == {citizen.pk}


def test_a_joined_record_takes_no_answer(official, now):
    citizen, other = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    Citizen.objects.filter(pk=citizen.pk).update(merged_into=other)
    event = answer(check_list, now, (citizen, "khớp"), (other, "khớp"))
    assert event.counts["not_applied"] == {"joined": 1}
    assert (check_of(citizen), check_of(other)) == ("not_checked", "matched")


def test_the_same_file_again_changes_nothing_and_says_so(official, now):
    one, other = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    said = ((one, "khớp"), (other, "không khớp", "giới tính"))
    answer(check_list, now, *said)
    before = list(IdentityCheckRow.objects.order_by("pk").values())
    event = answer(check_list, now + DAY, *said)
    assert (event.counts["applied"], event.counts["again"]) == (0, 2)
    assert list(IdentityCheckRow.objects.order_by("pk").values()) == before


def test_a_later_file_that_says_otherwise_counts(official, now):
    citizen = make_citizen()
    check_list = make_list(official, now).check_list
    answer(check_list, now, (citizen, "không khớp", "họ tên"))
    event = answer(check_list, now + DAY, (citizen, "khớp"))
    assert (event.counts["applied"], event.counts["changed"]) == (1, 1)
    row = IdentityCheckRow.objects.get()
    assert (check_of(citizen), row.mismatched) == ("matched", [])


def test_a_row_twice_with_two_answers_counts_neither_and_twice_the_same_counts_once(official, now):
    torn, sure = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    event = answer(
        check_list, now, (torn, "khớp"), (sure, "khớp"), (sure, "Khớp"), (torn, "số sai")
    )
    assert event.counts["not_applied"] == {"row_twice": 2}
    assert (event.counts["applied"], check_of(torn), check_of(sure)) == (
        1, "not_checked", "matched",
    )  # fmt: skip


def test_files_that_are_no_answer_are_refused_whole(official, now):
    citizen = make_citizen()
    check_list = make_list(official, now).check_list
    for lines in ([], [(1, ("Tên", "Tuổi"))], [(n, HEADINGS[:2]) for n in range(40)]):
        with pytest.raises(AnswerColumnsMissing):
            read_answers(check_list=check_list, lines=lines, by=official, now=now)
    with pytest.raises(NothingAnswered):
        answer(check_list, now, (citizen, ""))
    assert not IdentityCheckEvent.objects.exists()


def test_rows_without_an_answer_wait_for_a_later_file(official, now):
    one, other = make_citizen(), make_citizen()
    check_list = make_list(official, now).check_list
    event = answer(check_list, now, (one, "khớp"), (other, ""))
    assert (event.counts["applied"], event.counts["empty"]) == (1, 1)
    answer(check_list, now, (other, "khớp"))
    check_list.refresh_from_db()
    assert check_list.answers == {"matched": 2}


# ── the counts ────────────────────────────────────────────────────────────────────────────────
def test_the_league_has_the_lowest_clean_rate_first_and_counts_by_field(official, now):
    here = [make_citizen() for _n in range(4)]
    there = make_citizen(province_id=province("01").pk)
    bare = make_citizen(papers=())
    joined = make_citizen()
    Citizen.objects.filter(pk=joined.pk).update(merged_into=here[0])
    check_list = make_list(official, now).check_list
    answer(
        check_list,
        now,
        (here[0], "khớp"),
        (here[1], "không khớp", "họ tên, ngày sinh"),
        (here[2], "không khớp", "ngày sinh"),
        (there, "khớp"),
    )
    count_all_checks(now)
    league = clean_league()
    assert [line.province.code for line in league.lines] == ["79", "01"]
    assert (league.lines[0].people, league.lines[0].checked, league.lines[0].matched) == (5, 4, 1)
    assert league.lines[0].rate == 20
    assert league.lines[0].by_field == {"full_name": 1, "date_of_birth": 2}
    assert league.lines[0].by_result["no_id"] == 1
    assert (league.whole.people, league.whole.matched, league.counted_at) == (6, 2, now)
    Citizen.objects.filter(pk=bare.pk).update(province=province("01"))
    count_all_checks(now + DAY)
    assert [line.people for line in clean_league().lines] == [4, 2]


def test_counting_reads_each_province_from_its_index(now, official):
    make_citizen()
    with connection.cursor() as cursor:
        # nothing but the index alone: with one row any way would cost the planner the same
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            " SET LOCAL enable_indexscan = off"
        )
        cursor.execute(
            "EXPLAIN SELECT identity_check, count(*) FROM registration_citizen"
            " WHERE merged_into_id IS NULL AND province_id = 1 AND identity_check IN"
            " ('not_checked', 'matched') GROUP BY 1"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using citizen_by_identity_check" in plan
    assert count_all_checks(now) == 1
    assert IdentityTally.objects.get().people == 1
    assert not IdentityCheckList.objects.exists()


def test_of_what_was_sent_a_list_keeps_only_a_keyed_digest(official, now):
    citizen = make_citizen()
    row = make_list(official, now).check_list.people.get()
    assert len(bytes(row.seen)) == 32
    assert citizen.full_name.encode() not in bytes(row.seen)
