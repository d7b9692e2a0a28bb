"""A measured figure beside its reference of the same run."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Result:
    """`rate` and `reference_rate` in `unit` per second; only their ratio travels well.

    `asked` and `ratio_asked` are the least that the project asks of them; None where it asks
    nothing.
    """

    figure: str
    unit: str
    rate: float
    reference: str
    reference_rate: float
    asked: float | None = None
    ratio_asked: float | None = None

    @property
    def ratio(self) -> float:
        return self.rate / self.reference_rate

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}


def table(results: list[Result]) -> str:
    """The results as lines to read in a terminal; what is asked stands after "≥"."""
    lines = [
        f"{'figure':<38}{'per second':>20}  {'reference':<38}{'per second':>12}{'ratio':>16}",
        *(
            f"{r.figure:<38}{_beside(r.rate, r.asked, ',.0f'):>20}  "
            f"{r.reference:<38}{r.reference_rate:>12,.0f}"
            f"{_beside(r.ratio, r.ratio_asked, '.2f'):>16}"
            for r in results
        ),
    ]
    return "\n".join(lines)


def markdown(results: list[Result]) -> str:
    """The same as a table of a document."""
    rows = [("figure", "a second", "reference", "a second", "ratio"), ("---",) * 5]
    rows += [
        (
            r.figure,
            _beside(r.rate, r.asked, ",.0f"),
            r.reference,
            f"{r.reference_rate:,.0f}",
            _beside(r.ratio, r.ratio_asked, ".2f"),
        )
        for r in results
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _beside(value: float, asked: float | None, form: str) -> str:
    return f"{value:{form}}" if asked is None else f"{value:{form}} ≥{asked:{form}}"


def typical(rates: list[float]) -> float:
    """The median of several rounds: the machine is shared, and one round tells little."""
    return median(rates)
