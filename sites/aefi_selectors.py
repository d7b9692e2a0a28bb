"""Adverse events as lists and counts, for the sites' pages and for the board."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum, TextChoices
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from sites import aefi_rules
from sites.models import (
    AefiAnswer,
    AefiReport,
    DoseStatus,
    FollowUp,
    Lot,
    Seriousness,
    StaffPosting,
)
from sites.scoping import scope_to_posting


@dataclass(frozen=True)
class LotCount:
    """A lot number of a vaccine over all sites: reports against recorded doses."""

    vaccine: str
    lot_number: str
    doses: int
    reports: int
    serious: int

    @property
    def per_100_000(self) -> float:
        return self.reports / self.doses * 100_000 if self.doses else 0.0


@dataclass(frozen=True)
class EventFilters:
    """What a list of reports is narrowed to; "" and None narrow nothing. `seriousness`: one of
    Seriousness, or "serious" for any but none."""

    seriousness: str = ""
    grade: int | None = None
    lot: str = ""
    province: AdministrativeUnit | None = None

    def apply(self, rows: QuerySet[AefiReport]) -> QuerySet[AefiReport]:
        if self.seriousness == "serious":
            rows = rows.exclude(seriousness=Seriousness.NONE)
        elif self.seriousness:
            rows = rows.filter(seriousness=self.seriousness)
        if self.grade is not None:
            rows = rows.filter(grade=self.grade)
        if self.lot:
            rows = rows.filter(dose__lot__number__iexact=self.lot)
        if self.province:
            rows = rows.filter(dose__site__province=self.province)
        return rows


class ClockState(TextChoices):
    """Where the 24 hours of reports stand: a list each."""

    ALL = "all", _("All reports")
    RUNNING = "running", _("To be sent on")
    OVERDUE = "overdue", _("Overdue")
    SENT = "sent", _("Sent on")

    def condition(self, now: datetime.datetime) -> Q:
        waiting = Q(due_at__isnull=False, sent_on_at__isnull=True)
        return {
            ClockState.ALL: Q(),
            ClockState.RUNNING: waiting,
            ClockState.OVERDUE: waiting & Q(due_at__lte=now),
            ClockState.SENT: Q(sent_on_at__isnull=False),
        }[self]


def count_clocks(rows: QuerySet[AefiReport], *, now: datetime.datetime) -> dict[ClockState, int]:
    """How many of `rows` each list holds, in one query."""
    counts = rows.order_by().aggregate(
        **{state.value: Count("pk", filter=state.condition(now) or None) for state in ClockState}
    )
    return {state: counts[state.value] for state in ClockState}


def reports_for(posting: StaffPosting | None) -> QuerySet[AefiReport]:
    """What a posting may see: the clocks that run first, the earliest first, then the newest."""
    rows = AefiReport.objects.select_related(
        "dose__citizen", "dose__vaccine", "dose__lot", "dose__site__province"
    ).annotate(to_send=Q(due_at__isnull=False, sent_on_at__isnull=True))
    rows = scope_to_posting(rows, posting, site="dose__site")
    return rows.order_by("-to_send", F("due_at").asc(nulls_last=True), "-noticed_at")


def count_overdue(posting: StaffPosting | None, *, now: datetime.datetime) -> int:
    """How many reports within the posting are overdue; read from the index of running clocks."""
    rows = AefiReport.objects.filter(due_at__lte=now, sent_on_at__isnull=True)
    return scope_to_posting(rows, posting, site="dose__site").count()


def overdue(*, now: datetime.datetime) -> QuerySet[AefiReport]:
    """Reports whose 24 hours are over and that nobody has sent on, the oldest first."""
    rows = AefiReport.objects.filter(due_at__lte=now, sent_on_at__isnull=True)
    return rows.select_related("dose__site__province").order_by("due_at")


def unwell_answers(posting: StaffPosting | None) -> QuerySet[FollowUp]:
    """The diaries' answers "unwell" within the posting that nobody has looked at, the oldest first;
    read from the index of those that wait."""
    rows = FollowUp.objects.filter(
        answer=AefiAnswer.UNWELL, handled_at=None, dose__status=DoseStatus.RECORDED
    ).select_related("dose__citizen", "dose__vaccine", "dose__lot", "dose__site__province")
    return scope_to_posting(rows, posting, site="dose__site").order_by("answered_at")


def aefi_by_lot(*, now: datetime.datetime) -> list[LotCount]:
    """Every lot with a report up to `now`, the most reports first."""
    return sorted(
        (count for count in _all_lots(now) if count.reports),
        key=lambda count: (-count.reports, count.vaccine, count.lot_number),
    )


def lot_signals(*, now: datetime.datetime) -> list[LotCount]:
    """Lots with more reports than the other lots of their vaccine let expect."""
    lots = _all_lots(now)
    found = []
    for lot in lots:
        others = [other for other in lots if other.vaccine == lot.vaccine and other is not lot]
        if aefi_rules.is_signal(
            reports=lot.reports,
            doses=lot.doses,
            other_reports=sum(other.reports for other in others),
            other_doses=sum(other.doses for other in others),
        ):
            found.append(lot)
    return sorted(found, key=lambda count: -count.per_100_000)


def _all_lots(now: datetime.datetime) -> list[LotCount]:
    """The lots of every vaccine with a report; doses of other vaccines are not counted. Doses are
    read from the stock (Lot.doses_used), so that the cost does not grow with the doses."""
    reported = AefiReport.objects.filter(noticed_at__lte=now, dose__status=DoseStatus.RECORDED)
    counted = (
        reported.order_by()
        .values_list("dose__vaccine__name", "dose__lot__number")
        .annotate(reports=Count("pk"), serious=Count("pk", filter=Q(due_at__isnull=False)))
    )
    events = {(vaccine, lot): (reports, serious) for vaccine, lot, reports, serious in counted}
    used = Lot.objects.filter(
        doses_used__gt=0, vaccine__name__in={vaccine for vaccine, _lot in events}
    )
    doses = used.order_by().values_list("vaccine__name", "number").annotate(n=Sum("doses_used"))
    return [
        LotCount(vaccine, lot, count, *events.get((vaccine, lot), (0, 0)))
        for vaccine, lot, count in doses
    ]
