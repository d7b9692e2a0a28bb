"""Whether certificates come in time, for the public status page: the board's reading."""

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import IssuanceJob, JobState, WorkerHeartbeat
from vaxplatform import formatting
from vaxplatform.public_status import Finding, State, register_part

WORKER_ALIVE = datetime.timedelta(seconds=90)


def in_time(now: datetime.datetime) -> Finding:
    """Certificates past their promised time, and whether anybody makes them."""
    pending = IssuanceJob.objects.filter(state=JobState.PENDING)
    late = pending.filter(due_at__lte=now, deadline_at__lt=now).count()
    late += IssuanceJob.objects.filter(state=JobState.NEEDS_REVIEW, deadline_at__lt=now).count()
    is_awake = WorkerHeartbeat.objects.filter(beat_at__gt=now - WORKER_ALIVE).exists()
    if not is_awake and pending.filter(due_at__lte=now).exists():
        return Finding(
            State.DOWN,
            _("No certificates are being made at this moment. They come later by themselves."),
        )
    if late:
        sentence = _("%(count)s certificates are later than promised.")
        return Finding(State.SLOW, sentence % {"count": formatting.number(late)})
    return Finding(State.WORKS, _("No certificate is later than promised."))


def register() -> None:
    register_part("certificates", gettext_lazy("Certificates in time"), in_time, position=40)
