"""The cases about stuck certificates, as the page of waits links to them."""

from collections.abc import Collection

from django.urls import reverse

from certificates.stuck_cases import CaseLink
from response_center.models import LIVE_CASE, CaseKind
from response_center.selectors import cases_in_reach
from sites.models import StaffPosting


def links_to_cases(posting: StaffPosting, dose_ids: Collection[int]) -> dict[int, CaseLink]:
    """Dose id → the live case about its stuck certificate, of those in the posting's reach."""
    rows = cases_in_reach(posting).filter(
        dose__in=dose_ids, kind=CaseKind.STUCK_CERTIFICATE, status__in=LIVE_CASE
    )
    return {
        dose_id: CaseLink(number, reverse("response_center_staff:case", args=[number]))
        for dose_id, number in rows.order_by().values_list("dose_id", "number")
        if dose_id is not None
    }
