"""The health book says from when the next dose may be given, by which rule."""

import datetime

import pytest

from registration.models import DoseKind
from sites.health_book import next_section
from sites.rules import Interval, due_days
from tests.factories import ASTRAZENECA, JANSSEN, make_citizen, make_dose, make_lot, make_site
from tests.factories import province as province_of
from vaxplatform.vietnam import TIME_ZONE

DAY = datetime.date(2021, 10, 1)


def test_a_rule_gives_the_first_day_and_the_last_that_is_advised():
    assert due_days(Interval(56, 84, "x"), given_on=DAY) == (
        datetime.date(2021, 11, 26),
        datetime.date(2021, 12, 24),
    )
    assert due_days(Interval(21, None, "x"), given_on=DAY) == (datetime.date(2021, 10, 22), None)
    assert due_days(None, given_on=DAY) == (None, None)


def line_of(*, code: str = ASTRAZENECA, home: str = "79"):
    given = datetime.datetime(2021, 10, 1, 8, tzinfo=TIME_ZONE)
    citizen = make_citizen(province_id=province_of(home).pk)
    lot = make_lot(site=make_site(province_code="27"), code=code)
    make_dose(lot=lot, citizen=citizen, administered_at=given, now=given)
    section = next_section(citizen)
    return section.context["due"] if section else None


@pytest.mark.django_db
def test_the_shorter_interval_of_the_home_province_counts():
    assert line_of(home="79").from_day == datetime.date(2021, 11, 12)
    assert line_of(home="01").from_day == datetime.date(2021, 11, 26)


@pytest.mark.django_db
def test_after_a_full_series_a_booster_is_next_with_any_vaccine():
    line = line_of(code=JANSSEN)
    assert str(DoseKind.BOOSTER.label) in line.title or "nhắc lại" in line.title
    assert (line.from_day, line.is_same_vaccine) == (datetime.date(2021, 12, 30), False)


@pytest.mark.django_db
def test_before_the_first_dose_nothing_is_said():
    assert next_section(make_citizen()) is None
