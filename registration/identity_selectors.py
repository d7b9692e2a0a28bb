"""How clean the identity data of each province is, from the counts that are kept."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from registration.models import AdministrativeUnit, IdentityCheck, IdentityTally
from vaxplatform import formatting


@dataclass
class CleanLine:
    """People of a province, or of all (`province` None), by the result of their check.

    `by_field`: of those who do not match, how many differ in what; one person may in several.
    """

    province: AdministrativeUnit | None
    by_result: Counter[str] = field(default_factory=Counter)
    by_field: Counter[str] = field(default_factory=Counter)

    @property
    def people(self) -> int:
        return self.by_result.total()

    @property
    def checked(self) -> int:
        return self.people - self.by_result[IdentityCheck.NOT_CHECKED]

    @property
    def matched(self) -> int:
        return self.by_result[IdentityCheck.MATCHED]

    @property
    def rate(self) -> Decimal | None:
        """The clean rate: matched, of all people on record, in hundredths."""
        return formatting.share(self.matched, self.people)

    def add(self, row: IdentityTally) -> None:
        if row.mismatched:
            self.by_field[row.mismatched] += row.people
        else:
            self.by_result[row.result] += row.people


@dataclass(frozen=True)
class League:
    """`lines`: provinces with people, the lowest clean rate first, then the larger. `counted_at`:
    the oldest of the counts; None before the first."""

    lines: list[CleanLine]
    whole: CleanLine
    counted_at: datetime.datetime | None

    @property
    def lead(self) -> CleanLine:
        """What stands in large type: the only province, or the whole."""
        return self.lines[0] if len(self.lines) == 1 else self.whole


def clean_league() -> League:
    """Every province: a few hundred rows, however many people there are."""
    tallies: Iterable[IdentityTally] = IdentityTally.objects.select_related("province")
    lines: dict[int, CleanLine] = {}
    whole, counted = CleanLine(None), []
    for row in tallies:
        lines.setdefault(row.province_id, CleanLine(row.province)).add(row)
        whole.add(row)
        counted.append(row.counted_at)
    ordered = sorted(lines.values(), key=_worst_first)
    return League(ordered, whole, min(counted, default=None))


def _worst_first(line: CleanLine) -> tuple[Decimal, int, str]:
    name = line.province.name if line.province else ""
    return line.rate or Decimal(0), -line.people, name
