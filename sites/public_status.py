"""Whether sites can record doses, for the public status page."""

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sites.models import Dose, Session, SessionStatus
from vaxplatform import formatting
from vaxplatform.public_status import Finding, State, register_part
from vaxplatform.vietnam import TIME_ZONE, day_in_vietnam

SILENT_AFTER = datetime.timedelta(hours=2)
WORKING_HOURS = range(10, 17)  # before, sessions have hardly begun


def recording(now: datetime.datetime) -> Finding:
    """The latest dose; silence counts only while sites have an open session."""
    latest = Dose.objects.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    if latest is None:
        return Finding(State.WORKS, _("No dose has been recorded yet."))
    sentence = _("The latest dose was recorded at %(moment)s.") % {
        "moment": formatting.moment(latest)
    }
    is_silent = (
        now - latest > SILENT_AFTER
        and now.astimezone(TIME_ZONE).hour in WORKING_HOURS
        and Session.objects.filter(held_on=day_in_vietnam(now), status=SessionStatus.OPEN).exists()
    )
    return Finding(State.SLOW if is_silent else State.WORKS, sentence)


def register() -> None:
    register_part("recording", gettext_lazy("Doses recorded at sites"), recording, position=30)
