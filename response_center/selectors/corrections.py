"""Corrections as the desk sees them."""

from django.db.models import QuerySet

from response_center.corrected import Difference, difference
from response_center.models import LIVE_CORRECTION, Case, Correction, CorrectionStatus
from response_center.selectors.cases import cases_in_reach
from sites.models import StaffPosting


def corrections_in_reach(posting: StaffPosting | None) -> QuerySet[Correction]:
    """The corrections of the cases that this posting may see."""
    rows = Correction.objects.filter(case__in=cases_in_reach(posting).order_by().values("pk"))
    return rows.select_related("case", "citizen", "dose__site", "proposed_by", "decided_by")


def to_decide(posting: StaffPosting | None) -> QuerySet[Correction]:
    """Those that wait for a second person, the oldest first."""
    waiting = corrections_in_reach(posting).filter(status=CorrectionStatus.PROPOSED)
    return waiting.order_by("proposed_at", "pk")


def live_correction(case: Case) -> Correction | None:
    """What was asked for, or is proposed, in this case."""
    return case.corrections.filter(status__in=LIVE_CORRECTION).select_related("proposed_by").first()


def ended_corrections(case: Case) -> list[Correction]:
    """What became of the others, the latest first; what was only replaced is left out."""
    rows = case.corrections.filter(status__in=(CorrectionStatus.APPLIED, CorrectionStatus.REFUSED))
    return list(rows.select_related("decided_by").order_by("-decided_at"))


def differences(correction: Correction, *, masked: bool = False) -> list[Difference]:
    """Its lines, field by field, in words and with what differs marked."""
    return [
        difference(line.field, line.old, line.new, masked=masked) for line in correction.lines.all()
    ]
