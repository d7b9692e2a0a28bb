"""What becomes of a correction whose case ends, or goes another way, without it."""

import datetime

from registration.models import Account
from response_center.models import LIVE_CORRECTION, Case, Correction, CorrectionStatus


def end_corrections(
    *, case: Case, now: datetime.datetime, by: Account | None = None, reason: str = ""
) -> int:
    """Close what was asked for or proposed in this case: refused where a RejectionReason is given,
    else withdrawn. Returns how many there were, at most one."""
    live = Correction.objects.filter(case=case, status__in=LIVE_CORRECTION)
    if reason and by is not None:
        return live.update(
            status=CorrectionStatus.REFUSED, refusal_reason=reason, decided_by=by, decided_at=now
        )
    return live.update(status=CorrectionStatus.WITHDRAWN)
