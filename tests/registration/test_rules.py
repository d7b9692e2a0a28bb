"""Which place a text means, and what free text keeps."""

import datetime

import pytest
from django.utils import translation

from registration.forms.wish import day_in_words
from registration.rules import Place, days_to_wish, places_meant, plain_line

PLACES = [
    Place(1, "phuong 5", "phuong 5", "quan 3"),
    Place(2, "phuong 5", "phuong 5", "quan 10"),
    Place(3, "phuong 15", "phuong 15", "quan 10"),
    Place(8, "phuong 3", "phuong 3", "quan 5"),
    Place(4, "song may", "xa song may", "huyen trang bom"),
    Place(5, "an", "xa an", "huyen trang bom"),
    Place(6, "an phu", "xa an phu", "huyen trang bom"),
    Place(7, "dao", "xa dao", "huyen trang bom"),
]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("Phường 5", [1, 2]),
        ("p5", [1, 2]),
        ("P.5", [1, 2]),
        ("phuong 5 quan 3", [1]),
        ("p5 q10", [2]),
        ("Sông Mây", [4]),
        ("xã sông mây", [4]),
        ("song", [4]),
        ("An", [5]),  # the whole name goes before parts of others
        ("an ph", [6]),
        ("Đạo", [7]),
        ("phuong 1", []),  # a number is a whole number
        ("", []),
        ("!!!", []),
        ("no such place", []),
    ],
)
def test_a_text_means_the_places_of_this_name_else_those_with_every_word(typed, ids):
    assert [place.id for place in places_meant(typed, PLACES)] == ids


def test_free_text_is_one_nfc_line_without_invisible_characters():
    assert plain_line("  12\u200b Lê\u202e  Lợi\n") == "12 Lê Lợi"
    assert plain_line("Le\u0302") == "Lê"


def test_a_day_is_written_with_its_weekday_in_both_languages():
    for language, text in (
        ("vi", "Thứ 2, 08/11/2021"),
        ("en", "Monday, 8\u00a0November\u00a02021"),
    ):
        with translation.override(language):
            assert day_in_words(datetime.date(2021, 11, 8)) == text


def test_days_from_tomorrow_on_can_be_wished_for():
    days = days_to_wish(datetime.date(2021, 12, 31))
    assert days[0] == datetime.date(2022, 1, 1)
    assert len(set(days)) == 60
