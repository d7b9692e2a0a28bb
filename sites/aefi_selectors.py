"""Adverse events as lists and counts, for the sites' pages and for the board."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum

from sites import aefi_rules
from sites.models import AefiReport, DoseStatus, Lot, StaffPosting
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


def reports_for(posting: StaffPosting | None) -> QuerySet[AefiReport]:
    """What a posting may see: the clocks that run first, the earliest first, then the newest."""
    rows = AefiReport.objects.select_related(
        "dose__citizen", "dose__vaccine", "dose__lot", "dose__site__province"
    ).annotate(to_send=Q(due_at__isnull=False, sent_on_at__isnull=True))
    rows = scope_to_posting(rows, posting, site="dose__site")
    return rows.order_by("-to_send", F("due_at").asc(nulls_last=True), "-noticed_at")


def overdue(*, now: datetime.datetime) -> QuerySet[AefiReport]:
    """Reports whose 24 hours are over and that nobody has sent on, the oldest first."""
    rows = AefiReport.objects.filter(due_at__lte=now, sent_on_at__isnull=True)
    return rows.select_related("dose__site__province").order_by("due_at")


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
