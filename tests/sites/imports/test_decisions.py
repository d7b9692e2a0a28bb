"""What people decide about rows: who is meant, tried again, given here, left out, taken back."""

import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from certificates.models import IssuanceJob
from registration.models import Account, Citizen, IdentityDocument
from registration.services.citizens import CitizenDetails, Paper, find_or_create_citizen
from sites import exceptions
from sites.models import Dose, DoseImport, ImportedRow, MatchedBy, RowOutcome, Site, VaccineSpelling
from sites.services import imported_rows
from sites.services.doses import move_dose, void_dose
from sites.services.stock import receive_lot
from tests import dirty_sheets
from tests.factories import make_lot, make_site, make_staff, province, vaccine
from tests.sites.imports.making import LOT, codes, nobody, row, send

NOW = timezone.now()


@pytest.fixture
def site(db: None) -> Site:
    site = make_site()
    make_lot(site=site, number=LOT, doses=1_000)
    return site


@pytest.fixture
def staff(site: Site) -> Account:
    return make_staff(site=site)


def on_record(n: int = 1, **over: Any) -> Citizen:
    """The n-th made-up person as she stands on record, with a number of her own."""
    who = dirty_sheets.person(n)
    values: dict[str, Any] = {
        "full_name": who.name,
        "date_of_birth": who.birth.isoformat(),
        "sex": "female" if who.sex == "Nữ" else "male",
        "province_id": province().pk,
        "phone": "+84987000111",
        "papers": (Paper("cccd", who.cccd),),
    }
    return find_or_create_citizen(details=CitizenDetails(**{**values, **over}))


def counts(batch: DoseImport) -> tuple[int, int, int, int]:
    batch.refresh_from_db()
    return batch.recorded, batch.duplicates, batch.held, batch.refused


# ── who is meant ──────────────────────────────────────────────────────────────────────────────
def test_a_row_without_number_like_somebody_on_record_waits_and_is_recorded_for_her(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    citizen = on_record()
    (held,) = send(tmp_path, site, nobody())
    assert codes(held) == ["similar_person_on_record"]
    assert held.candidates is not None
    assert [c["citizen"] for c in held.candidates] == [citizen.pk]
    done = imported_rows.decide_same(row=held, citizen=citizen, by=staff, now=NOW)
    assert done.outcome == RowOutcome.RECORDED
    assert done.matched_by == MatchedBy.DECIDED
    assert done.decided_by == staff
    assert done.dose is not None
    assert done.dose.citizen == citizen
    assert done.dose.recorded_by == staff
    assert counts(done.batch) == (1, 0, 0, 0)


def test_a_row_about_nobody_on_record_makes_a_person_of_her_own(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    citizen = on_record()
    (held,) = send(tmp_path, site, nobody())
    done = imported_rows.decide_new(row=held, by=staff, now=NOW)
    assert done.dose is not None
    assert done.dose.citizen != citizen
    assert done.dose.citizen.search_name == citizen.search_name


def test_a_number_of_somebody_else_is_held_and_can_be_left_away(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    owner = on_record(1)
    (held,) = send(tmp_path, site, row(2, id_number=dirty_sheets.person(1).cccd))
    assert codes(held) == ["identity_does_not_match"]
    with pytest.raises(Exception, match="identity_does_not_match"):
        imported_rows.decide_new(row=held, by=staff, now=NOW)
    held.refresh_from_db()
    assert held.outcome == RowOutcome.HELD
    done = imported_rows.decide_new(row=held, by=staff, now=NOW, without_papers=True)
    assert done.dose is not None
    assert done.dose.citizen != owner
    assert list(IdentityDocument.objects.values_list("citizen", flat=True)) == [owner.pk]


def test_two_rows_that_say_the_same_of_nobody_in_particular_may_be_two_people(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    twice = nobody(address=None, birth="1950")
    first, second = send(tmp_path, site, twice, list(twice))
    assert (first.outcome, second.outcome) == ("recorded", "held")
    assert codes(second) == ["row_twice_in_file"]
    done = imported_rows.decide_new(row=second, by=staff, now=NOW)
    assert done.outcome == RowOutcome.RECORDED
    assert done.citizen_id != first.citizen_id
    again = send(tmp_path, site, twice, list(twice))
    assert [r.outcome for r in again] == ["duplicate", "held"]
    assert Dose.objects.count() == 2


def test_two_namesakes_without_any_number_at_two_addresses_keep_both_doses(
    site: Site, tmp_path: Path
) -> None:
    rows = [nobody(birth="1950", address=f"{n} đường Trần Phú") for n in (1, 2)]
    first, second = send(tmp_path, site, *rows)
    assert first.outcome == "recorded"
    assert second.outcome in ("recorded", "held")


# ── tried again ───────────────────────────────────────────────────────────────────────────────
def test_rows_whose_lot_was_received_meanwhile_go_in_all_at_once(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    rows = send(tmp_path, site, *(row(n, lot="MOI-1") for n in range(1, 6)), row(9, sex="?"))
    assert [codes(r)[0] for r in rows] == ["lot_unknown"] * 5 + ["sex_unreadable"]
    batch = rows[0].batch
    assert imported_rows.try_all_again(batch=batch, by=staff, now=NOW) == {"held": 5, "refused": 1}
    receive_lot(
        site=site, vaccine=vaccine(), number="MOI-1", expires_on=datetime.date(2030, 1, 1),
        doses=4, by=staff, now=NOW,
    )  # fmt: skip
    again = imported_rows.try_all_again(batch=batch, by=staff, now=NOW)
    assert again == {"recorded": 4, "held": 1, "refused": 1}
    assert counts(batch) == (4, 0, 1, 1)
    (left,) = batch.rows.filter(outcome="held")
    assert codes(left) == ["lot_exhausted"]
    recorded = batch.rows.filter(outcome="recorded")
    assert not recorded.filter(cells__isnull=False).exists()
    assert not recorded.exclude(decided_by=staff).exists()


def test_at_most_as_many_rows_are_tried_as_asked_for(
    site: Site, staff: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported_rows, "AT_ONCE", 2)
    rows = send(tmp_path, site, *(row(n, lot="MOI-1") for n in range(1, 8)))
    tried = imported_rows.try_all_again(batch=rows[0].batch, by=staff, now=NOW, most=5)
    assert tried.total() == 5
    assert imported_rows.try_all_again(batch=rows[0].batch, by=staff, now=NOW).total() == 7


def test_a_row_with_an_unknown_product_goes_in_when_the_spelling_is_known(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    (refused,) = send(tmp_path, site, row(vaccine="Vắc xin xanh"))
    VaccineSpelling.objects.create(vaccine=vaccine(), spelling="vac xin XANH")
    assert imported_rows.try_again(row=refused, by=staff, now=NOW).outcome == "recorded"


def test_trying_again_asks_again_who_is_meant(site: Site, staff: Account, tmp_path: Path) -> None:
    """Somebody like her came on record while the row waited for its lot."""
    (waiting,) = send(tmp_path, site, nobody(lot="MOI-1"))
    on_record()
    make_lot(site=site, number="MOI-1")
    after = imported_rows.try_again(row=waiting, by=staff, now=NOW)
    assert codes(after) == ["similar_person_on_record"]
    assert after.candidates
    with pytest.raises(exceptions.SimilarPersonOnRecord):
        imported_rows.try_again(row=after, by=staff, now=NOW)


def test_a_dose_with_two_slips_waits_for_the_second_when_the_first_is_settled(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    from tests.sites.imports.making import record_file, write

    sheet = write(
        tmp_path / "a.xlsx",
        [*nobody(), "Bệnh viện khác"],
        headings=(*dirty_sheets.HEADINGS, "Địa điểm tiêm"),
    )
    citizen = on_record()
    (held,) = record_file(sheet, site).rows.all()
    assert codes(held) == ["dose_given_elsewhere"]
    for decide in (imported_rows.decide_new,):
        with pytest.raises(exceptions.DoseGivenElsewhere):
            decide(row=held, by=staff, now=NOW)
    after = imported_rows.decide_here(row=held, by=staff, now=NOW)
    assert codes(after) == ["similar_person_on_record"]
    done = imported_rows.decide_same(row=after, citizen=citizen, by=staff, now=NOW)
    assert done.outcome == RowOutcome.RECORDED


# ── left out ──────────────────────────────────────────────────────────────────────────────────
def test_a_row_is_left_out_with_a_reason_once(site: Site, staff: Account, tmp_path: Path) -> None:
    (held,) = send(tmp_path, site, row(lot="MOI-1"))
    with pytest.raises(exceptions.ReasonMissing):
        imported_rows.leave_out(row=held, reason="  ", by=staff, now=NOW)
    out = imported_rows.leave_out(row=held, reason="Không phải điểm tiêm này", by=staff, now=NOW)
    assert (out.outcome, codes(out)) == ("refused", ["row_left_out"])
    assert counts(out.batch) == (0, 0, 0, 1)
    for again in (
        lambda: imported_rows.try_again(row=held, by=staff, now=NOW),
        lambda: imported_rows.leave_out(row=held, reason="x", by=staff, now=NOW),
        lambda: imported_rows.decide_new(row=held, by=staff, now=NOW),
    ):
        with pytest.raises(exceptions.RowAlreadyDecided):
            again()
    assert imported_rows.try_all_again(batch=out.batch, by=staff, now=NOW).total() == 0


# ── taken back ────────────────────────────────────────────────────────────────────────────────
def test_a_match_by_phone_and_name_is_taken_back_with_dose_paper_and_certificate(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    who = dirty_sheets.person(1)
    known = on_record(1, phone=f"+84{who.phone[1:]}", papers=())
    (matched,) = send(tmp_path, site, row(1))
    assert (matched.matched_by, matched.citizen_id) == (MatchedBy.CONTACT, known.pk)
    assert IdentityDocument.objects.get().citizen == known
    IssuanceJob.objects.update(state="issued")
    dose = imported_rows.separate(row=matched, by=staff, now=NOW)
    assert dose.citizen != known
    assert IdentityDocument.objects.get().citizen == dose.citizen
    job = IssuanceJob.objects.get(dose=dose)
    assert (job.state, job.cause) == ("pending", "corrected")
    matched.refresh_from_db()
    assert (matched.citizen_id, matched.decided_by) == (dose.citizen_id, staff)
    with pytest.raises(exceptions.RowAlreadyDecided):
        imported_rows.separate(row=matched, by=staff, now=NOW)


def test_every_automatic_match_without_a_number_can_be_taken_back(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    who = dirty_sheets.person(1)
    on_record(1, phone="", papers=(), address=who.address)
    (by_address,) = send(tmp_path, site, nobody(1))
    assert by_address.matched_by == MatchedBy.ADDRESS
    first, by_file = send(
        tmp_path, site, nobody(2), nobody(2, number=2, day=datetime.date(2021, 12, 1))
    )
    assert by_file.matched_by == MatchedBy.FILE
    assert by_file.citizen_id == first.citizen_id
    for matched in (by_address, by_file):
        before = matched.citizen_id
        assert imported_rows.separate(row=matched, by=staff, now=NOW).citizen_id != before


def test_what_was_voided_or_recorded_by_a_number_is_not_taken_back_here(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    on_record(1)
    (by_number,) = send(tmp_path, site, row(1))
    assert by_number.matched_by == MatchedBy.CCCD
    with pytest.raises(exceptions.RowAlreadyDecided):
        imported_rows.separate(row=by_number, by=staff, now=NOW)
    first, second = send(
        tmp_path, site, nobody(2), nobody(2, number=2, day=datetime.date(2021, 12, 1))
    )
    assert first.dose is not None
    assert second.dose is not None
    void_dose(dose=second.dose, reason="nhầm")
    with pytest.raises(exceptions.DoseAlreadyVoided):
        imported_rows.separate(row=second, by=staff, now=NOW)
    move_dose(dose=first.dose, to=on_record(5))


# ── forgotten ─────────────────────────────────────────────────────────────────────────────────
def test_cells_are_forgotten_when_nobody_needs_them_any_more(
    site: Site, staff: Account, tmp_path: Path
) -> None:
    rows = send(
        tmp_path, site, nobody(2), nobody(2, number=2, day=datetime.date(2021, 12, 1)),
        row(3, lot="MOI-1"), row(4, lot="MOI-2"), row(5, sex="?"),
    )  # fmt: skip
    imported_rows.leave_out(row=rows[3], reason="x", by=staff, now=NOW)
    later = NOW + imported_rows.KEEP + datetime.timedelta(days=1)

    def kept() -> list[int]:
        open_ = ImportedRow.objects.filter(cells__isnull=False)
        return list(open_.order_by("line").values_list("line", flat=True))

    assert imported_rows.forget_cells(NOW + datetime.timedelta(days=1)) == 0
    assert kept() == [3, 4, 5, 6]
    assert imported_rows.forget_cells(later) == 2
    assert kept() == [4, 6]  # it waits for its lot; the other can still be mended
    assert imported_rows.forget_cells(NOW + datetime.timedelta(days=366)) == 1
    assert kept() == [4]


# ── two people at once ────────────────────────────────────────────────────────────────────────
def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call answered or raised; all begin together."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n: int, call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            answers[n] = call()
        except Exception as error:
            answers[n] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_about_a_row_at_once_one_is_told(tmp_path: Path) -> None:
    site = make_site()
    make_lot(site=site, number=LOT)
    one, other, citizen = make_staff(site=site), make_staff(site=site), on_record()
    (held,) = send(tmp_path, site, nobody())
    answers = at_once(
        lambda: imported_rows.decide_same(row=held, citizen=citizen, by=one, now=NOW),
        lambda: imported_rows.decide_new(row=held, by=other, now=NOW),
    )
    assert sum(isinstance(a, exceptions.RowAlreadyDecided) for a in answers) == 1
    assert sum(isinstance(a, ImportedRow) for a in answers) == 1
    assert Dose.objects.count() == 1
    assert counts(held.batch) == (1, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_who_try_everything_again_at_once_record_each_dose_once(tmp_path: Path) -> None:
    site = make_site()
    staff = make_staff(site=site)
    rows = send(tmp_path, site, *(row(n) for n in range(1, 31)))
    make_lot(site=site, number=LOT)
    batch = rows[0].batch

    def again() -> Any:
        return imported_rows.try_all_again(batch=batch, by=staff, now=NOW)

    answers = at_once(again, again, again)
    assert sum(a["recorded"] for a in answers) == 30
    assert Dose.objects.count() == 30
    assert counts(batch) == (30, 0, 0, 0)


@pytest.mark.parametrize("chunk", [1, 1_000])
def test_namesakes_without_numbers_are_asked_about_wherever_a_chunk_ends(
    site: Site, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sites.services import imports

    monkeypatch.setattr(imports, "CHUNK", chunk)
    name = dirty_sheets.person(1).name
    second = {"number": 2, "day": datetime.date(2021, 12, 1)}
    found = send(
        tmp_path,
        site,
        nobody(1, address=None),
        nobody(1, address=None, name=name.upper(), **second),
        row(2),
        row(2, id_number=dirty_sheets.person(3).cccd, birth=dirty_sheets.person(2).birth),
        nobody(4),
        nobody(4, **second),
    )
    assert [(r.outcome, codes(r)[:1]) for r in found] == [
        ("recorded", []),
        ("held", ["similar_person_on_record"]),
        ("recorded", []),
        ("held", ["similar_person_on_record"]),
        ("recorded", []),
        ("recorded", []),
    ]
    assert found[4].citizen_id == found[5].citizen_id
