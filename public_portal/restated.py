"""Reading the log of restatements and the nightly reconciliation."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from public_portal.models import Cause, ReconciliationRun, RestatedFigure, Restatement
from registration.models import AdministrativeUnit

DAYS_SUMMED = 14


def restatements(*, province: AdministrativeUnit | None = None) -> QuerySet[Restatement]:
    """The log, the latest day of publication first, then the latest day; in a fixed order."""
    rows = Restatement.objects.select_related("province").order_by(
        "-restated_on", "-day", "province__code", "figure"
    )
    return rows if province is None else rows.filter(province=province)


@dataclass(frozen=True)
class PublicationDay:
    """What one day of publication changed of the doses recorded on earlier days."""

    restated_on: datetime.date
    days: int
    change: int
    causes: tuple[tuple[Cause, int], ...]


def latest_publications(*, province: AdministrativeUnit | None = None) -> list[PublicationDay]:
    """The last days of publication that changed a number of recorded doses, latest first."""
    sums = {f"sum_{cause}": Sum(f"by_{cause}") for cause in Cause.values}
    rows: QuerySet[Restatement, Mapping[str, Any]] = (
        restatements(province=province)
        .filter(figure=RestatedFigure.RECORDED)
        .order_by("-restated_on")
        .values("restated_on")
        .annotate(days=Count("day", distinct=True), **sums)
    )
    return [_publication(row) for row in rows[:DAYS_SUMMED]]


def _publication(row: Mapping[str, Any]) -> PublicationDay:
    causes = [(cause, row[f"sum_{cause.value}"]) for cause in Cause]
    return PublicationDay(
        row["restated_on"],
        row["days"],
        sum(change for _cause, change in causes),
        tuple((cause, change) for cause, change in causes if change),
    )


def last_reconciliation() -> ReconciliationRun | None:
    return ReconciliationRun.objects.order_by("-reconciled_at").first()
