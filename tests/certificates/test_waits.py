"""The figures of waits against a recount by hand, and at their edges."""

import datetime
import math
import random

import pytest
from django.db import OperationalError, connection

from certificates import waits
from certificates.kept_promise import kept_promise
from certificates.waits import Period, Place, TooMuchAtOnce, waits_report
from response_center.selectors.board import certificate_queue
from sites.models import Dose, DoseSource
from tests.certificates.waiting import (
    DAY,
    HOUR,
    LATER,
    MINUTE,
    NINE,
    certify,
    dose_at,
    lot_of,
    note_history_at,
    stuck,
)
from tests.factories import province

pytestmark = pytest.mark.django_db
ONE_DAY = Period(DAY, DAY)


def report(place=None, *, period=ONE_DAY, source=DoseSource.LIVE, now=LATER):
    return waits_report(place=place or Place(), period=period, source=source, now=now)


def of_one(**over):
    """The whole's figures where there is one dose, of these minutes."""
    dose_at(lot_of(), **over)
    return report().whole


# ── edges of the promise ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("minutes", "in_time", "early"),
    [(29.99, 0, 1), (30, 1, 0), (60, 1, 0), (60.01, 0, 0)],
)
def test_thirty_and_sixty_minutes_are_in_time_and_a_moment_outside_is_not(minutes, in_time, early):
    found = of_one(certified_after=(minutes,))
    assert (found.doses, found.over, found.in_time, found.early) == (1, 1, in_time, early)
    assert found.from_injection.median == pytest.approx(minutes)


@pytest.mark.parametrize(("minutes", "in_time"), [(180, 1), (210, 1), (210.01, 0)])
def test_a_late_entry_has_thirty_minutes_from_its_entry(minutes, in_time):
    found = of_one(entered_after=180, certified_after=(minutes,))
    assert (found.in_time, found.late_entries, found.early) == (in_time, 1, 0)
    assert found.from_injection.median == pytest.approx(minutes)
    assert found.from_entry.median == pytest.approx(minutes - 180)


@pytest.mark.parametrize(("entered", "late"), [(30, 0), (30.01, 1)])
def test_an_entry_is_late_after_thirty_minutes(entered, late):
    assert of_one(entered_after=entered, certified_after=(45,)).late_entries == late


def test_a_dose_without_certificate_waits_longer_than_any_other():
    lot = lot_of()
    dose_at(lot, certified_after=(40,))
    dose_at(lot)
    found = report().whole
    assert (found.over, found.in_time, found.missing) == (2, 1, 1)
    assert found.from_injection.median == pytest.approx(40)
    assert math.isinf(found.from_injection.most)


def test_the_first_certificate_counts_and_not_the_corrected_or_renewed_one():
    found = of_one(certified_after=(45, 60 * 24, 60 * 24 * 364))
    assert (found.in_time, found.from_injection.most) == (1, pytest.approx(45))


def test_the_window_is_the_doses_own_whatever_became_of_its_job():
    dose = dose_at(lot_of(), certified_after=(75, 60 * 24))
    dose.issuance.due_at = NINE + 24 * HOUR
    dose.issuance.deadline_at = NINE + 25 * HOUR
    dose.issuance.save()
    found = report().whole
    assert (found.over, found.in_time) == (1, 0)


def test_a_voided_dose_is_left_out():
    dose_at(lot_of(), certified_after=(45,), status="voided", void_reason="Nhập nhầm")
    assert report().whole.doses == 0


def test_a_dose_whose_time_is_not_over_counts_for_nothing_but_its_number():
    dose_at(lot_of(), certified_after=(35,))
    found = report(now=NINE + 59 * MINUTE).whole
    assert (found.doses, found.over, found.in_time, found.from_injection.median) == (1, 0, 0, None)
    assert report(now=NINE + HOUR).whole.over == 1


def test_a_day_is_that_of_the_entry_in_viet_nam():
    midnight = NINE.replace(hour=0)
    lot = lot_of()
    dose_at(lot, given=midnight, certified_after=(40,))
    dose_at(lot, given=midnight + 24 * HOUR - MINUTE, certified_after=(40,))
    dose_at(lot, given=midnight - MINUTE, certified_after=(40,))
    dose_at(lot, given=midnight - MINUTE, entered_after=1, certified_after=(40,))
    dose_at(lot, given=midnight + 24 * HOUR, certified_after=(40,))
    assert report().whole.doses == 3
    one = datetime.timedelta(days=1)
    assert report(period=Period(DAY - one, DAY + one)).whole.doses == 5


def test_paper_is_kept_apart():
    lot = lot_of()
    dose_at(lot, certified_after=(45,))
    dose_at(
        lot,
        given=NINE - 48 * HOUR,
        entered_after=48 * 60,
        certified_after=(48 * 60 + 5,),
        source="paper",
    )
    live, paper = report().whole, report(source=DoseSource.PAPER).whole
    assert (live.doses, paper.doses) == (1, 1)
    assert (paper.in_time, paper.from_entry.median) == (1, pytest.approx(5))
    assert paper.from_injection.median == pytest.approx(48 * 60 + 5)


@pytest.mark.parametrize(
    ("entered", "certified", "corrected", "late"),
    [(0, 40, -120, 0), (120, 125, 110, 1)],  # would be late, and early, by the new time
)
def test_a_time_of_injection_corrected_after_the_issue_does_not_change_the_wait(
    entered, certified, corrected, late
):
    dose = dose_at(lot_of(), entered_after=entered, certified_after=(certified,))
    Dose.objects.filter(pk=dose.pk).update(administered_at=NINE + corrected * MINUTE)
    note_history_at(dose, NINE - MINUTE, NINE, NINE + 24 * HOUR)  # made, as given, corrected
    found = report().whole
    assert (found.in_time, found.early, found.late_entries) == (1, 0, late)
    assert found.from_injection.median == pytest.approx(certified)


# ── a recount ─────────────────────────────────────────────────────────────────────────────────
def nearest(values: list[float], share: float) -> float:
    """The least value that `share` of the values do not pass."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def recount(doses, now):
    """The same figures from the rows, without the database's arithmetic."""
    over = in_time = late = 0
    injection, entry = [], []
    for dose in doses:
        due = max(dose.administered_at + 30 * MINUTE, dose.recorded_at)
        late += dose.recorded_at > dose.administered_at + 30 * MINUTE
        first = min((c.issued_at for c in dose.certificates.all()), default=None)
        if due + 30 * MINUTE > now:
            continue
        over += 1
        in_time += first is not None and due <= first <= due + 30 * MINUTE
        for waits_, since in ((injection, dose.administered_at), (entry, dose.recorded_at)):
            waits_.append((first - since) / MINUTE if first else math.inf)
    return over, in_time, late, injection, entry


def test_every_figure_equals_a_recount():
    chance = random.Random(20211106)
    lots = [lot_of(province_code=code) for code in ("01", "01", "79")]
    for _n in range(45):
        entered = chance.choice([0, 5, 29, 45, 200])
        after = max(30, entered) + chance.choice([0, 3, 12, 29, 30, 31, 90])
        dose_at(
            chance.choice(lots),
            given=NINE + chance.randrange(300) * MINUTE,
            entered_after=entered,
            certified_after=chance.choice([(after,), (after, after + 500), ()]),
        )
    now = NINE + 240 * MINUTE
    whole = report(now=now)
    by_site = {
        row.code: row.waits
        for code in ("01", "79")
        for row in report(Place(province=province(code)), now=now).rows
    }
    doses = list(Dose.objects.prefetch_related("certificates"))
    groups = [(whole.whole, doses)]
    groups += [
        (row.waits, [d for d in doses if d.site.province.code == row.code]) for row in whole.rows
    ]
    for lot in lots:
        groups.append((by_site[lot.site.code], [d for d in doses if d.site_id == lot.site_id]))
        place = Place(site=lot.site)
        assert report(place, now=now).whole == by_site[lot.site.code]
    for found, members in groups:
        over, in_time, late, injection, entry = recount(members, now)
        assert (found.doses, found.over, found.in_time) == (len(members), over, in_time)
        assert found.late_entries == late
        for spread, values in ((found.from_injection, injection), (found.from_entry, entry)):
            assert spread.median == pytest.approx(nearest(values, 0.5))
            assert spread.most == pytest.approx(nearest(values, 0.95))
    assert sum(wait.doses for wait in whole.bins) == whole.whole.over
    assert {row.code for row in whole.rows} == {"01", "79"}


def test_the_home_page_and_the_board_say_the_same():
    """Of the day that is under way; a late entry of a dose of yesterday is one of its doses."""
    lots = [lot_of(province_code="01"), lot_of(province_code="79")]
    for lot in lots:
        dose_at(lot, certified_after=(31,))
        dose_at(lot, certified_after=(75, 100))
        dose_at(lot, given=NINE - 20 * HOUR, entered_after=20 * 60, certified_after=(20 * 60 + 9,))
        dose_at(lot, entered_after=100)
    now = NINE + 4 * HOUR
    kept, found = kept_promise(now=now), report(now=now)
    assert (kept.doses, kept.in_time) == (found.whole.over, found.whole.in_time) == (8, 4)
    assert kept.waits == found.bins
    hanoi = province("01")
    kept = kept_promise(now=now, province_id=hanoi.pk)
    part = report(Place(province=hanoi), now=now).whole
    assert (kept.doses, kept.in_time) == (part.over, part.in_time) == (4, 2)


# ── what is owed now ──────────────────────────────────────────────────────────────────────────
def test_what_is_owed_now_whichever_day_is_looked_at():
    lot, other = lot_of(province_code="01"), lot_of(province_code="79")
    now = NINE + 50 * MINUTE
    dose_at(lot)  # due since 20 minutes
    dose_at(lot, given=NINE + 40 * MINUTE)  # waits for its half hour
    dose_at(lot, given=NINE - 2 * HOUR)  # past its deadline
    stuck(dose_at(other), "worker_lost", due=NINE)
    found = report(period=Period(DAY.replace(year=2020), DAY.replace(year=2020)), now=now)
    assert (found.owed.waiting, found.owed.due, found.owed.past_deadline) == (3, 2, 1)
    assert found.owed.oldest_due_at == NINE - 90 * MINUTE
    assert {row.code: row.owed.stuck for row in found.rows} == {"01": 0, "79": 1}
    assert found.whole.doses == 0


def test_the_board_says_the_same_of_what_is_owed():
    for code in ("01", "79"):
        lot = lot_of(province_code=code)
        dose_at(lot)
        dose_at(lot, given=NINE - 2 * HOUR)
        stuck(dose_at(lot, given=NINE - 3 * HOUR), "worker_lost", due=NINE - 3 * HOUR)
    now = NINE + 40 * MINUTE
    for unit in (None, province("01")):
        owed = report(Place(province=unit), now=now).owed
        queue = certificate_queue(now=now, province_id=unit.pk if unit else None)
        assert (owed.due, owed.oldest_due_at) == (queue.due, queue.oldest_due_at)
        assert (owed.past_deadline, owed.stuck) == (queue.past_deadline, queue.needs_review)


def test_stuck_certificates_are_told_apart_by_their_cause():
    lot, other = lot_of(province_code="01"), lot_of(province_code="79")
    old = stuck(dose_at(lot), "worker_lost", due=NINE - HOUR)
    new = stuck(dose_at(lot), "worker_lost", due=NINE)
    stuck(dose_at(other), "KeyError", due=NINE)
    here = Place(province=province("01"))
    assert list(waits.stuck_jobs(here)) == [old, new]
    assert [count for _cause, count in waits.stuck_by_cause(here)] == [2]
    assert [count for _cause, count in waits.stuck_by_cause(Place())] == [2, 1]
    assert not waits.stuck_jobs(Place(site=lot_of().site)).exists()


# ── cost ──────────────────────────────────────────────────────────────────────────────────────
def test_the_figures_cost_three_questions_whatever_there_is(django_assert_num_queries):
    for code in ("01", "27", "79"):
        dose_at(lot_of(province_code=code), certified_after=(40,))
    with django_assert_num_queries(7):  # three, and the savepoints of the two aggregates
        report()


def test_what_takes_too_long_is_refused_with_a_sentence(monkeypatch):
    dose_at(lot_of(), certified_after=(40,))
    monkeypatch.setattr(
        waits, "_WAITS", "SELECT {parts} FROM (SELECT 1 {parts}, pg_sleep(5)) slow /* {bins} */"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
    with pytest.raises(TooMuchAtOnce):
        report()
    monkeypatch.setattr(
        waits, "_WAITS", "SELECT {parts}, 1 / 0 FROM (SELECT 1 {parts}) x /* {bins} */"
    )
    with pytest.raises(Exception, match="division") as other:
        report()
    assert not isinstance(other.value, TooMuchAtOnce | OperationalError)


def test_an_early_certificate_is_shown_though_the_dose_was_certified_again():
    dose = dose_at(lot_of(), certified_after=(10,))
    certify(dose, NINE + HOUR, is_live=False)
    found = report().whole
    assert (found.early, found.in_time) == (1, 0)
