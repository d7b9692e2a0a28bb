"""Why the status card has its colour, in words: the doses that count, the rule, and its source.

Yellow with the first dose of a series, green with the last: how many there are is the product's own
figure (`Vaccine.primary_doses`), in a mixed series that of the latest product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registration.models import DoseKind
from sites.models import Dose, Vaccine
from vaxplatform import formatting
from vaxplatform.vietnam import day_in_vietnam

SERIES_IN_SOURCE = "series: "  # in `Vaccine.source`, before the citation of `primary_doses`
UNCONFIRMED = "to confirm"


@dataclass(frozen=True)
class Reason:
    """`why`: the colour and the doses it comes from. `rule`: the length of the series and where it
    is written. Both are empty where nothing is on record."""

    why: str = ""
    rule: str = ""


def reason_of(doses: Sequence[Dose], vaccines: Mapping[int, Vaccine]) -> Reason:
    """The reason for one person's card. `doses`: all on record; `vaccines`: by primary key."""
    primary = sorted(
        (dose for dose in doses if dose.dose_kind == DoseKind.PRIMARY),
        key=lambda dose: dose.dose_number,
    )
    if primary:
        ends = (n for n, dose in enumerate(primary) if _ends_its_series(dose, vaccines))
        end = next(ends, None)
        counted = primary if end is None else primary[: end + 1]
        sentence = _yellow(counted, vaccines) if end is None else _green(counted, vaccines)
        return Reason(sentence, _rule(counted, vaccines))
    if doses:
        return Reason(
            _("Yellow: a dose after the primary series is on record, but none of the series.")
        )
    return Reason()


def _ends_its_series(dose: Dose, vaccines: Mapping[int, Vaccine]) -> bool:
    return dose.dose_number >= vaccines[dose.vaccine_id].primary_doses


def _yellow(counted: Sequence[Dose], vaccines: Mapping[int, Vaccine]) -> str:
    if _is_mixed(counted):
        sentence = _(
            "Yellow: %(given)s of %(length)s doses of a mixed primary series on record "
            "(%(products)s)."
        )
    else:
        sentence = _(
            "Yellow: %(given)s of %(length)s doses of the primary series of %(products)s on record."
        )
    return sentence % _facts(counted, vaccines)


def _green(counted: Sequence[Dose], vaccines: Mapping[int, Vaccine]) -> str:
    """`counted` ends with the dose that ends the series."""
    number = counted[-1].dose_number
    if len(counted) < number:
        sentence = _(
            "Green since %(day)s: dose %(number)s of %(product)s ends the primary series. A dose "
            "before it is not on record."
        )
    elif number == 1:
        sentence = _(
            "Green since %(day)s: the primary series of %(product)s is one dose, and it is on "
            "record."
        )
    elif _is_mixed(counted):
        sentence = _(
            "Green since %(day)s: %(given)s of %(length)s doses of a mixed primary series are on "
            "record (%(products)s)."
        )
    else:
        sentence = _(
            "Green since %(day)s: %(given)s of %(length)s doses of the primary series of "
            "%(products)s are on record."
        )
    return sentence % _facts(counted, vaccines)


def _facts(counted: Sequence[Dose], vaccines: Mapping[int, Vaccine]) -> dict[str, object]:
    last = counted[-1]
    names = [str(vaccines[dose.vaccine_id]) for dose in counted]
    return {
        "given": len(counted),
        "length": max(vaccines[last.vaccine_id].primary_doses, last.dose_number),
        "number": last.dose_number,
        "product": names[-1],
        "products": ", ".join(names) if _is_mixed(counted) else names[0],
        "day": formatting.day(day_in_vietnam(last.administered_at)),
    }


def _is_mixed(doses: Sequence[Dose]) -> bool:
    return len({dose.vaccine_id for dose in doses}) > 1


def _rule(counted: Sequence[Dose], vaccines: Mapping[int, Vaccine]) -> str:
    """How long the series is, and where that is written."""
    vaccine = vaccines[counted[-1].vaccine_id]
    length = ngettext(
        "The primary series of %(product)s has %(count)s dose.",
        "The primary series of %(product)s has %(count)s doses.",
        vaccine.primary_doses,
    ) % {"product": vaccine, "count": vaccine.primary_doses}
    mixed = _("In a mixed series the latest product decides.") if _is_mixed(counted) else ""
    citation = _citation(vaccine)
    source = (
        _("Source: %(citation)s.") % {"citation": citation}
        if citation
        else _("The source of this figure is still to be confirmed.")
    )
    return " ".join(sentence for sentence in (length, mixed, source) if sentence)


def _citation(vaccine: Vaccine) -> str:
    """Where the length of the series is written; "" where it was read nowhere yet."""
    before, mark, after = vaccine.source.partition(SERIES_IN_SOURCE)
    citation = after if mark else before
    return "" if citation == UNCONFIRMED else citation.rstrip(".")
