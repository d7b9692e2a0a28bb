"""What the portal's figures mean and what of them may be shown: pure functions and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SMALLEST_SHOWN = 5  # RELIABILITY, Threats: cells of 1–4 below province level are suppressed
MeasureKey = Literal["doses", "people", "residents", "full", "boosters", "unrecorded"]


@dataclass(frozen=True)
class Measure:
    """What the map and the first column show; `breaks` are fixed, so that maps can be compared.

    `attribute` names the figure on `selectors.Totals`, in hundredths.
    """

    key: MeasureKey
    attribute: str
    tab: Promise
    column: Promise
    explanation: Promise
    breaks: tuple[int, ...]
    is_share: bool


MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        Measure(
            "doses",
            "doses_per_100",
            _("Doses per 100 adults"),
            _("Doses per 100 adults"),
            _(
                "Doses (reported, or recorded where nobody reported) per 100 people aged 18 and"
                " over. Most vaccines need 2 doses a person, so the figure can reach 200."
            ),
            (60, 80, 100, 120, 150),
            False,
        ),
        Measure(
            "people",
            "people_share",
            _("People with a dose"),
            _("At least one dose, % of adults"),
            _(
                "People with at least one dose (reported first doses, or people on record where"
                " nobody reported) per 100 people aged 18 and over, where the dose was given."
            ),
            (40, 55, 70, 85, 100),
            True,
        ),
        Measure(
            "residents",
            "residents_share",
            _("Residents with a dose"),
            _("Residents with a dose, % of adults"),
            _(
                "People on record with at least one dose per 100 people aged 18 and over, in the"
                " province where they lived that day, wherever the dose was given. Doses that are"
                " not on record are missing here."
            ),
            (40, 55, 70, 85, 100),
            True,
        ),
        Measure(
            "full",
            "full_share",
            _("Fully vaccinated"),
            _("Full series, % of adults"),
            _(
                "People on record with all doses of the primary series of their vaccine per 100"
                " people aged 18 and over, where the last of these doses was given. Doses that are"
                " not on record are missing here."
            ),
            (20, 40, 55, 70, 85),
            True,
        ),
        Measure(
            "boosters",
            "boosters_per_100",
            _("Boosters"),
            _("Booster doses per 100 adults"),
            _(
                "Booster doses on record per 100 people aged 18 and over, where they were given."
                " Additional doses, which complete a series, are not boosters."
            ),
            (5, 15, 30, 45, 60),
            False,
        ),
        Measure(
            "unrecorded",
            "unrecorded_share",
            _("Not yet on record"),
            _("Not on record, % of reported"),
            _(
                "Reported doses without a record of the person, in % of the reported ones. The"
                " person has no certificate until the dose is on record."
            ),
            (5, 10, 20, 40, 60),
            True,
        ),
    )
}


def suppress_small_counts(counts: Sequence[int]) -> list[int | None]:
    """The counts of the places of a province with those of 1–4 taken out (None): the one function
    for all that is published below province level.

    Their sum is published, for the province. So the smallest other counts go too, until there are
    two gaps or more and their sum leaves open what each of them is. A gap does not say whether it
    is small, and of equal ones all go or none. Where only one place has a count at all, it is the
    province's own figure.
    """
    shown: list[int | None] = [None if 0 < count < SMALLEST_SHOWN else count for count in counts]
    hidden = [count for count, kept in zip(counts, shown, strict=True) if kept is None]
    for size in sorted({count for count in shown if count}):
        if not hidden or _leaves_open(hidden):
            break
        for place in [place for place, count in enumerate(shown) if count == size]:
            shown[place] = None
            hidden.append(size)
    return shown


def _leaves_open(hidden: Sequence[int]) -> bool:
    """Whether the sum of the gaps does not say what they are: not each the least or the most."""
    least, most = len(hidden), len(hidden) * (SMALLEST_SHOWN - 1)
    return len(hidden) > 1 and sum(hidden) not in (least, most)
