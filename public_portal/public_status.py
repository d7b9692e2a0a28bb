"""How fresh the statistics are, for the public status page."""

import datetime

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from public_portal.models import DirtyDay
from public_portal.selectors import statistics_version
from vaxplatform import formatting
from vaxplatform.public_status import Finding, State, register_part

FRESH_WITHIN = datetime.timedelta(minutes=1)


def fresh(now: datetime.datetime) -> Finding:
    """Since when the oldest change waits to be counted."""
    oldest = DirtyDay.objects.aggregate(at=Min("marked_at"))["at"]
    if oldest is not None and now - oldest > FRESH_WITHIN:
        return Finding(
            State.SLOW,
            _("Changes since %(moment)s are not in the figures yet.")
            % {"moment": formatting.moment(oldest)},
        )
    version = statistics_version()
    if not version.number:
        return Finding(State.WORKS, _("Nothing has been counted yet."))
    return Finding(
        State.WORKS,
        _("Every change is in the figures; the latest came at %(moment)s.")
        % {"moment": formatting.moment(version.counted_at)},
    )


def register() -> None:
    register_part("statistics", gettext_lazy("Statistics up to date"), fresh, position=50)
