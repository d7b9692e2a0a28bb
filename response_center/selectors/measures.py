"""How well reports are answered: times and shares of what was opened or closed in some weeks."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, Q, QuerySet, TextChoices
from django.db.models.functions import TruncWeek

from response_center.models import Case, CaseCause, CaseKind, CaseLevel, CaseStatus
from response_center.rules import ANSWER_WITHIN
from vaxplatform.vietnam import TIME_ZONE

WEEKS = (4, 12, 52)
HIDDEN_BELOW = 5  # 1–4 reports of a place could be known people


class _Share(Aggregate):
    """The wait that `share` of the cases did not exceed (an interval)."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
    arity = 1


@dataclass(frozen=True)
class Measure:
    """One line: reports of a group. Times are None where nothing was answered or closed yet."""

    key: str
    label: str
    opened: int
    answered: int
    in_time: int
    due: int
    closed: int
    reopened: int
    objected: int
    answer_median: datetime.timedelta | None
    answer_p90: datetime.timedelta | None
    close_median: datetime.timedelta | None
    close_p90: datetime.timedelta | None

    @property
    def is_small(self) -> bool:
        """So few that the line is not shown below the country's level."""
        return 0 < self.opened < HIDDEN_BELOW


FIRST = F("first_answer_at") - F("opened_at")
WHOLE = F("closed_at") - F("opened_at")


def _aggregates(now: datetime.datetime) -> dict[str, Any]:
    in_time = Q(first_answer_at__lte=F("opened_at") + ANSWER_WITHIN)
    # Judged: answered, or 48 hours are over. What is neither has its time still.
    judged = Q(first_answer_at__isnull=False) | Q(opened_at__lte=now - ANSWER_WITHIN)
    answered = Q(first_answer_at__isnull=False)
    closed = Q(closed_at__isnull=False)
    return {
        "opened": Count("pk"),
        "answered": Count("pk", filter=answered),
        "in_time": Count("pk", filter=in_time),
        "due": Count("pk", filter=judged),
        "closed": Count("pk", filter=closed),
        "reopened": Count("pk", filter=Q(reopened__gt=0)),
        "objected": Count("pk", filter=Q(objected_at__isnull=False)),
        "answer_median": _Share(FIRST, share=0.5, filter=answered),
        "answer_p90": _Share(FIRST, share=0.9, filter=answered),
        "close_median": _Share(WHOLE, share=0.5, filter=closed),
        "close_p90": _Share(WHOLE, share=0.9, filter=closed),
    }


def cases_to_measure(
    *, now: datetime.datetime, weeks: int, province_id: int | None = None
) -> QuerySet[Case]:
    """What people reported in these weeks: not what the platform noticed by itself, and a report
    joined with another counts once."""
    rows = Case.objects.filter(
        opened_at__gt=now - datetime.timedelta(weeks=weeks), opened_at__lte=now
    ).exclude(Q(kind=CaseKind.STUCK_CERTIFICATE) | Q(status=CaseStatus.MERGED))
    return rows.filter(province=province_id) if province_id else rows


def whole(rows: QuerySet[Case], *, now: datetime.datetime) -> Measure:
    return Measure(key="", label="", **rows.order_by().aggregate(**_aggregates(now)))


def _grouped(
    rows: QuerySet[Case], now: datetime.datetime, field: str, labels: Mapping[str, Any]
) -> list[Measure]:
    groups = rows.order_by().values(group=F(field)).annotate(**_aggregates(now))
    found: Iterable[dict[str, Any]] = sorted(
        map(dict, groups), key=lambda row: (-row["opened"], str(row["group"]))
    )
    return [_line(row, labels.get(row["group"] or "", row["group"] or "")) for row in found]


def _labels(choices: type[TextChoices]) -> dict[str, Any]:
    return {str(each.value): each.label for each in choices}


def _line(row: dict[str, Any], label: str) -> Measure:
    key = row.pop("group")
    return Measure(key=str(key or ""), label=str(label), **row)


def by_kind(rows: QuerySet[Case], *, now: datetime.datetime) -> list[Measure]:
    return _grouped(rows, now, "kind", _labels(CaseKind))


def by_level(rows: QuerySet[Case], *, now: datetime.datetime) -> list[Measure]:
    """By who has, or gave, the answer."""
    return _grouped(rows, now, "level", _labels(CaseLevel))


def by_cause(rows: QuerySet[Case], *, now: datetime.datetime) -> list[Measure]:
    """By what was found behind a report, of those that are closed."""
    closed = rows.filter(closed_at__isnull=False).exclude(cause="")
    return _grouped(closed, now, "cause", _labels(CaseCause))


def by_province(rows: QuerySet[Case], *, now: datetime.datetime) -> list[Measure]:
    named = rows.filter(province__isnull=False)
    names = dict(named.order_by().values_list("province__code", "province__name").distinct())
    return _grouped(named, now, "province__code", names)


def by_week(rows: QuerySet[Case], *, now: datetime.datetime) -> list[Measure]:
    """By the Monday (Viet Nam) of the week in which they came, the latest first."""
    found = (
        rows.order_by()
        .values(group=TruncWeek("opened_at", tzinfo=TIME_ZONE))
        .annotate(**_aggregates(now))
        .order_by("-group")
    )
    return [_line({**row, "group": row["group"].date().isoformat()}, "") for row in found]
