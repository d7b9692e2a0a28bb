"""Portal = sites = lots, each night; a difference is shown and raises an alarm."""

import datetime

import pytest
from django.core.cache import cache
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from public_portal.caching import LOOK_AGAIN_SECONDS, MAX_AGE_SECONDS
from public_portal.models import ProvinceDay, ReconciliationRun, SiteDay
from public_portal.services.reconciliation import (
    differences,
    reconcile_totals,
    reconcile_when_due,
    reconciliation_alarm,
)
from public_portal.services.rollups import refresh_statistics
from response_center.views.alarms import _registered_alarms
from sites.models import Lot
from sites.services.doses import void_dose
from tests.factories import COMIRNATY, make_dose, make_lot, make_site
from vaxplatform.chores import CHORES
from vaxplatform.invariants import INVARIANTS

pytestmark = pytest.mark.django_db
ZONE = datetime.timezone(datetime.timedelta(hours=7))


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_another_test():
    cache.clear()


@pytest.fixture
def doses():
    """Three at two sites of two provinces, one of them voided, all counted."""
    there = make_lot(site=make_site(province_code="01"), code=COMIRNATY)
    first = make_dose()
    make_dose(lot=there)
    void_dose(dose=make_dose(lot=there), reason="entered twice")
    refresh_statistics()
    return [first]


def night(day, hour=2, minute=5):
    return datetime.datetime(2021, 11, day, hour, minute, tzinfo=ZONE)


def totals(run):
    return (run.doses, run.lots, run.sites, run.portal)


def test_the_four_totals_agree_over_all_recorded_doses(doses):
    run = reconcile_totals(now=timezone.now())
    assert totals(run) == (2, 2, 2, 2)
    assert run.agrees
    assert differences() == []


def test_doses_that_wait_to_be_counted_are_no_difference(doses):
    make_dose(lot=doses[0].lot)
    void_dose(dose=doses[0], reason="entered twice")
    doses[0].site.refresh_from_db()
    assert totals(reconcile_totals(now=timezone.now())) == (2, 2, 2, 2)


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (lambda: ProvinceDay.objects.filter(province__code="79").update(recorded=9), (2, 2, 2, 10)),
        (lambda: SiteDay.objects.filter(province__code="79").update(doses=3), (2, 2, 4, 2)),
        (lambda: Lot.objects.filter(doses_used=1).update(doses_used=F("doses_used") + 1), None),
    ],
)
def test_a_difference_is_found_named_by_its_province_and_raises_an_alarm(doses, broken, found):
    broken()
    now = timezone.now()
    run = reconcile_totals(now=now)
    assert found is None or totals(run) == found
    assert "79" in [row["province_code"] for row in run.differences]
    assert INVARIANTS["portal_sites_and_lots_have_the_same_doses"].violations()
    alarm = reconciliation_alarm(now)
    assert alarm.is_bad
    assert alarm.size == len(run.differences)
    assert [(each.key, each.kind) for each in _registered_alarms(now)] == [("totals_differ", "bad")]


def test_differences_of_two_sites_that_cancel_out_in_their_province_are_found_all_the_same(doses):
    other = make_lot(site=make_site(), code=COMIRNATY)
    make_dose(lot=other)
    refresh_statistics()
    SiteDay.objects.filter(site=other.site).update(doses=0)
    SiteDay.objects.filter(site=doses[0].site).update(doses=2)
    (row,) = reconcile_totals(now=timezone.now()).differences
    assert (row["doses"], row["sites"], row["places"]) == (2, 2, 2)


def test_it_runs_once_a_night_and_at_once_where_it_never_ran(doses):
    assert reconcile_when_due(night(6, 14)) == 1
    assert reconcile_when_due(night(7, 1)) == 0
    assert reconcile_when_due(night(7, 2)) == 1
    assert reconcile_when_due(night(7, 23)) == 0
    assert ReconciliationRun.objects.count() == 2
    assert CHORES["reconcile_totals"].every_seconds <= 60 * 60


def test_a_night_without_a_comparison_is_an_alarm_too(doses):
    assert reconciliation_alarm(night(6)) is None
    reconcile_totals(now=night(6))
    assert reconciliation_alarm(night(7)) is None
    assert reconciliation_alarm(night(8)).is_bad is False


def test_a_run_that_names_no_difference_has_equal_totals(doses):
    with pytest.raises(IntegrityError):
        ReconciliationRun.objects.create(
            reconciled_at=timezone.now(), doses=1, lots=1, sites=1, portal=2
        )


@pytest.mark.parametrize(
    "path",
    ["/statistics/", "/statistics/provinces/79/", "/open-data/", "/statistics/restatements/"],
)
def test_pages_say_when_the_totals_were_reconciled_and_do_not_hide_a_difference(
    client, doses, path
):
    client.cookies["django_language"] = "en"
    reconcile_totals(now=timezone.now())
    assert "portal, sites and lots all have 2 recorded doses" in client.get(path).content.decode()
    ProvinceDay.objects.filter(province__code="79").update(recorded=9)
    reconcile_totals(now=timezone.now())
    cache.clear()
    page = client.get(path).content.decode()
    assert "2 doses on record, 10 on the portal" in page
    assert "concerned: 79." in page


def test_a_dose_is_on_the_pages_within_a_minute():
    """The chore's pace, the look for a new counting, and what a browser may keep, put together."""
    assert CHORES["refresh_statistics"].every_seconds + LOOK_AGAIN_SECONDS + MAX_AGE_SECONDS <= 60
