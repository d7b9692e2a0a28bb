"""A measured figure beside its reference of the same run."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Result:
    """`rate` and `reference_rate` in `unit` per second; only their ratio travels well."""

    figure: str
    unit: str
    rate: float
    reference: str
    reference_rate: float

    @property
    def ratio(self) -> float:
        return self.rate / self.reference_rate

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}


def table(results: list[Result]) -> str:
    """The results as lines to read in a terminal."""
    lines = [f"{'figure':<34}{'per second':>12}  {'reference':<38}{'per second':>12}{'ratio':>8}"]
    lines += [
        f"{r.figure:<34}{r.rate:>12,.0f}  "
        f"{r.reference:<38}{r.reference_rate:>12,.0f}{r.ratio:>8.2f}"
        for r in results
    ]
    return "\n".join(lines)


def typical(rates: list[float]) -> float:
    """The median of several rounds: the machine is shared, and one round tells little."""
    return median(rates)
