"""Dates and numbers as each language writes them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import formats, translation


@pytest.mark.parametrize(
    ("language", "day", "moment", "thousands", "rate"),
    [
        ("vi", "06/11/2021", "14:05 06/11/2021", "1.234.567", "96,4"),
        ("en", "6 November 2021", "14:05, 6 November 2021", "1,234,567", "96.4"),
    ],
)
def test_each_language_writes_dates_and_numbers_its_own_way(
    language: str, day: str, moment: str, thousands: str, rate: str
) -> None:
    with translation.override(language):
        assert formats.date_format(date(2021, 11, 6)) == day
        at = datetime(2021, 11, 6, 14, 5)  # noqa: DTZ001
        assert formats.date_format(at, "DATETIME_FORMAT") == moment
        assert formats.localize(1234567) == thousands
        assert formats.localize(Decimal("96.4")) == rate


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_day_is_entered_day_first_in_both(language: str) -> None:
    from django import forms

    with translation.override(language):
        assert forms.DateField(localize=True).clean("06/11/2021") == date(2021, 11, 6)
