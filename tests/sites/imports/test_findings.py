"""What rows meet on record: the same dose by another way, other doses, lots, too few days."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from registration.models import Citizen
from registration.services.citizens import CitizenDetails, Paper, find_or_create_citizen
from sites.import_words import reason_sentence
from sites.models import Dose, Lot, MovementKind, RowOutcome, Site, StockMovement
from sites.services.doses import void_dose
from sites.services.import_lots import TAKEN_IN
from sites.services.stock import recall_lots
from tests import dirty_sheets
from tests.factories import make_dose, make_lot, make_site, province
from tests.sites.imports.making import DAY, LOT, codes, nobody, row, send
from vaxplatform.invariants import INVARIANTS
from vaxplatform.vietnam import TIME_ZONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def lot(site: Site) -> Lot:
    return make_lot(site=site, number=LOT, doses=1_000)


def known(n: int = 1) -> Citizen:
    """The n-th made-up person, by her number."""
    who = dirty_sheets.person(n)
    return find_or_create_citizen(
        details=CitizenDetails(
            full_name=who.name,
            date_of_birth=who.birth.isoformat(),
            sex="female" if who.sex == "Nữ" else "male",
            province_id=province().pk,
            papers=(Paper("cccd", who.cccd),),
        )
    )


def given(*, lot: Lot, on: datetime.date = DAY, **over: Any) -> Dose:
    """A dose of the first person that came by another way, under a key of its own."""
    at = datetime.datetime.combine(on, datetime.time(9), TIME_ZONE)
    return make_dose(lot=lot, citizen=known(), administered_at=at, source="paper", **over)


# ── the same dose ─────────────────────────────────────────────────────────────────────────────
def test_a_dose_that_came_by_another_way_is_on_record_already(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    dose = given(lot=lot)
    (found,) = send(tmp_path, site, row(1))
    assert (found.outcome, codes(found), found.dose) == ("duplicate", ["dose_on_record"], dose)
    assert Dose.objects.count() == 1


def test_it_is_so_too_where_its_lot_is_used_up_or_not_here(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    """The paper form of another site, or the last dose of the lot: nothing is left to record."""
    elsewhere = make_lot(site=make_site(), number="XA-1")
    given(lot=elsewhere)
    Lot.objects.filter(pk=lot.pk).update(doses_used=1_000)
    used_up, unknown = send(tmp_path, site, row(1), row(1, lot="KHAC-1"))
    assert [used_up.outcome, unknown.outcome] == ["duplicate", "duplicate"]


def test_a_row_whose_dose_was_voided_since_waits_for_a_person(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    (first,) = send(tmp_path, site, row(1))
    assert first.dose is not None
    void_dose(dose=first.dose, reason="nhầm người")
    (again,) = send(tmp_path, site, row(1))
    assert (again.outcome, codes(again)) == ("held", ["dose_was_voided"])
    (mended,) = send(tmp_path, site, row(1, day=DAY + datetime.timedelta(days=1)))
    assert mended.outcome == "recorded"


def test_the_same_row_mended_and_sent_again_is_one_dose(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    send(tmp_path, site, row(1, phone=None))
    (mended,) = send(tmp_path, site, row(1))
    assert mended.outcome == "duplicate"


@pytest.mark.parametrize("chunk", [1, 1_000])
def test_it_makes_no_difference_where_a_chunk_ends(
    lot: Lot, site: Site, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sites.services import imports

    monkeypatch.setattr(imports, "CHUNK", chunk)
    rows = [
        row(1), row(1), row(1, phone=None), row(1, number=2), nobody(2), nobody(2, phone=""),
    ]  # fmt: skip
    found = [(r.outcome, codes(r)[:1]) for r in send(tmp_path, site, *rows)]
    assert found == [
        ("recorded", []),
        ("duplicate", ["row_twice_in_file"]),
        ("duplicate", ["dose_on_record"]),
        ("held", ["dose_on_same_day"]),
        ("recorded", []),
        ("duplicate", ["row_twice_in_file"]),
    ]


# ── another dose in its place ─────────────────────────────────────────────────────────────────
def test_a_taken_number_names_the_other_dose_of_this_site_with_its_day(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    given(lot=lot)
    (held,) = send(tmp_path, site, row(1, day=DAY + datetime.timedelta(days=60)))
    assert codes(held) == ["dose_number_taken", "other_dose"]
    assert held.reasons[1]["params"] == {"number": 1, "day": "24/08/2021"}
    assert "24/08/2021" in reason_sentence(held.reasons[1])


def test_of_a_dose_given_elsewhere_only_the_province_is_told(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    elsewhere = make_site(province_code="01", name="Phòng khám Hữu Nghị")
    given(lot=make_lot(site=elsewhere, number="XA-1"))
    (held,) = send(tmp_path, site, row(1, day=DAY + datetime.timedelta(days=60)))
    assert codes(held) == ["dose_number_taken", "other_dose_elsewhere"]
    told = str(held.reasons)
    assert elsewhere.province.name in reason_sentence(held.reasons[1])
    for secret in (elsewhere.name, elsewhere.code, "XA-1", dirty_sheets.person(1).name):
        assert secret not in told


def test_the_first_dose_of_a_new_person_is_named_when_the_second_contradicts_it(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    first, second = send(
        tmp_path, site, row(1), row(1, number=2, day=DAY - datetime.timedelta(days=60))
    )
    assert {first.outcome, second.outcome} == {"recorded", "held"}
    held = first if first.outcome == RowOutcome.HELD else second
    assert codes(held) == ["dose_out_of_order", "other_dose"]


# ── days between doses ────────────────────────────────────────────────────────────────────────
def test_too_few_days_are_recorded_and_noted(lot: Lot, site: Site, tmp_path: Path) -> None:
    given(lot=lot)
    soon = row(1, number=2, day=DAY + datetime.timedelta(days=5))
    (noted,) = send(tmp_path, site, soon)
    assert (noted.outcome, codes(noted)) == ("recorded", ["interval_too_short"])
    assert noted.dose is not None
    assert "5" in reason_sentence(noted.reasons[0])
    assert noted.batch.held == 0


def test_enough_days_are_not_noted_and_an_earlier_dose_that_comes_later_is(
    lot: Lot, site: Site, tmp_path: Path
) -> None:
    given(lot=lot, dose_number=2)
    (fine,) = send(tmp_path, site, row(1, number=3, day=DAY + datetime.timedelta(days=120)))
    assert (fine.outcome, codes(fine)) == ("recorded", [])
    (before,) = send(tmp_path, site, row(1, number=1, day=DAY - datetime.timedelta(days=3)))
    assert (before.outcome, codes(before)) == ("recorded", ["interval_too_short"])


# ── lots ──────────────────────────────────────────────────────────────────────────────────────
def elsewhere(number: str, **over: Any) -> Lot:
    return make_lot(site=make_site(), number=number, **over)


def test_an_unknown_lot_waits_though_another_site_holds_it(site: Site, tmp_path: Path) -> None:
    elsewhere(LOT)
    (held,) = send(tmp_path, site, row(1))
    assert (held.outcome, codes(held)) == ("held", ["lot_unknown"])
    assert not Lot.objects.filter(site=site).exists()


def test_lots_are_taken_in_where_it_was_asked_for_and_exactly_as_many_doses_as_recorded(
    site: Site, tmp_path: Path
) -> None:
    source = elsewhere(LOT, expires_on=datetime.date(2021, 9, 30))
    rows = send(
        tmp_path, site,
        row(1), row(2), row(3, day=datetime.date(2021, 10, 1)), nobody(4, birth="01/09/2021"),
        row(5, lot="KHONG-CO"),
        creates_lots=True,
    )  # fmt: skip
    assert [codes(r) for r in rows] == [
        [],
        [],
        ["lot_unknown"],
        ["dose_before_birth"],
        ["lot_unknown"],
    ]
    mine = Lot.objects.get(site=site)
    assert (mine.doses_received, mine.doses_used, mine.expires_on) == (2, 2, source.expires_on)
    (movement,) = StockMovement.objects.filter(lot=mine)
    assert (movement.kind, movement.doses, movement.reason) == (MovementKind.RECEIVED, 2, TAKEN_IN)
    source.refresh_from_db()
    assert source.doses_used == 0
    assert INVARIANTS["stock_counts_equal_doses"].violations() == []


@pytest.mark.parametrize("chunk", [1, 2, 1_000])
def test_a_lot_taken_in_grows_with_the_next_chunk_and_the_next_file(
    site: Site, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sites.services import imports

    monkeypatch.setattr(imports, "CHUNK", chunk)
    elsewhere(LOT)
    send(tmp_path, site, *(row(n) for n in range(1, 6)), creates_lots=True)
    more = send(tmp_path, site, *(row(n) for n in range(4, 9)), creates_lots=True)
    assert [r.outcome for r in more] == ["duplicate"] * 2 + ["recorded"] * 3
    assert (Lot.objects.get(site=site).doses_received, Dose.objects.count()) == (8, 8)


def test_a_lot_that_somebody_received_by_hand_does_not_grow_by_a_file(
    site: Site, tmp_path: Path
) -> None:
    elsewhere(LOT)
    make_lot(site=site, number=LOT, doses=1)
    first, second = send(tmp_path, site, row(1), row(2), creates_lots=True)
    assert [first.outcome, *codes(second)] == ["recorded", "lot_exhausted"]


def test_a_lot_recalled_anywhere_is_not_taken_in(site: Site, tmp_path: Path) -> None:
    elsewhere(LOT)
    recalled = elsewhere(LOT)
    recall_lots(lots=Lot.objects.filter(pk=recalled.pk), reason="x", now=timezone.now())
    (held,) = send(tmp_path, site, row(1), creates_lots=True)
    assert (held.outcome, codes(held)) == ("held", ["lot_recalled"])
    assert not Lot.objects.filter(site=site).exists()


def test_a_lot_with_two_dates_elsewhere_is_left_to_a_person(site: Site, tmp_path: Path) -> None:
    for month in (10, 11):
        elsewhere(LOT, expires_on=datetime.date(2021, month, 1))
    (held,) = send(tmp_path, site, row(1), creates_lots=True)
    assert (held.outcome, codes(held)) == ("held", ["same_lot_several_dates"])


def test_a_dose_of_a_lot_that_had_expired_that_day_waits(site: Site, tmp_path: Path) -> None:
    make_lot(site=site, number=LOT, expires_on=DAY)
    last, late = send(tmp_path, site, row(1), row(2, day=DAY + datetime.timedelta(days=1)))
    assert (last.outcome, late.outcome, codes(late)) == ("recorded", "held", ["lot_expired"])
