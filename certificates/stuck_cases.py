"""Where the case of a stuck certificate is: the response centre, up the stream, says so."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sites.models import StaffPosting


@dataclass(frozen=True)
class CaseLink:
    """A case that the reader may open."""

    number: str
    url: str


Finder = Callable[[StaffPosting, Collection[int]], Mapping[int, CaseLink]]

_FINDERS: list[Finder] = []


def register_case_finder(finder: Finder) -> Finder:
    """`finder(posting, dose_ids)`: dose id → the live case about its stuck certificate, for those
    that this posting may see. One query."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)
    return finder


def cases_of_doses(posting: StaffPosting, dose_ids: Collection[int]) -> dict[int, CaseLink]:
    """Dose id → its case; doses without one that `posting` may see are left out."""
    found: dict[int, CaseLink] = {}
    if dose_ids:
        for finder in _FINDERS:
            found.update(finder(posting, dose_ids))
    return found
