"""Pure rules of registering: days that may be wished for, the place a text means, plain lines."""

import datetime
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vaxplatform.vietnam import age_on, search_key

FIRST_DAY_AHEAD = 1
DAYS_AHEAD = 60  # how far ahead a day may be wished for
OF_AGE = 18  # years: Civil Code 91/2015/QH13, articles 20 and 21
SHORT_RANKS = {
    "p": "phuong",
    "x": "xa",
    "tt": "thi tran",
    "q": "quan",
    "h": "huyen",
    "tx": "thi xa",
}


def days_to_wish(today: datetime.date) -> list[datetime.date]:
    """The days a registration may name, from tomorrow in Viet Nam."""
    first = today + datetime.timedelta(days=FIRST_DAY_AHEAD)
    return [first + datetime.timedelta(days=n) for n in range(DAYS_AHEAD)]


def needs_guardian(date_of_birth: str, *, on: datetime.date) -> bool:
    """Whether somebody must agree for the person; one who may be under 18 counts as under 18."""
    return age_on(date_of_birth, on) < OF_AGE


def plain_line(text: str) -> str:
    """One line of free text: NFC, single spaces, without control and invisible characters."""
    joined = " ".join(text.split())
    kept = (c for c in joined if unicodedata.category(c)[0] != "C")
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


@dataclass(frozen=True)
class Place:
    """A ward as it is searched: names are search keys (no accents, lower case)."""

    id: int
    name: str
    full_name: str
    within: str = ""


def places_meant(typed: str, places: Iterable[Place]) -> list[Place]:
    """The places that a text may mean: those of exactly this name, else those whose name and
    district begin like it, else those with every word in any order.

    "phuong 5", "p5", "Phường 5 quận 3" and "song may" are all understood; "phường 5 quận 3" is
    not also "phường 3 quận 5".
    """
    words = _words(typed)
    if not words:
        return []
    name = " ".join(words)
    candidates = list(places)
    return (
        [place for place in candidates if name in (place.name, place.full_name)]
        or [place for place in candidates if _begins(place, name)]
        or [place for place in candidates if _holds(place, words)]
    )


def _begins(place: Place, name: str) -> bool:
    """Whether the text is the beginning of the name with its district, up to a whole word."""
    spellings = (f"{each} {place.within} " for each in (place.name, place.full_name))
    return any(spelling.startswith(f"{name} ") for spelling in spellings)


def _words(typed: str) -> list[str]:
    spaced = "".join(f" {c}" if c.isdigit() and not p.isdigit() else c for p, c in _pairs(typed))
    words = search_key(spaced).split()
    return " ".join(SHORT_RANKS.get(word, word) for word in words).split()


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return zip(" " + text, text, strict=False)


def _holds(place: Place, words: Sequence[str]) -> bool:
    known = f"{place.full_name} {place.within}".split()
    return all(
        word in known if word.isdigit() else any(k.startswith(word) for k in known)
        for word in words
    )
