"""What the person adds to a report that is still being worked on."""

import datetime

from django.db import transaction

from response_center import exceptions
from response_center.models import LIVE_CASE, Case, CaseEvent, CaseVerb
from response_center.services.moves import log_event

ADDITIONS_A_CASE = 10  # so that one report cannot fill the desk


@transaction.atomic
def say_more(*, case: Case, words: str, now: datetime.datetime) -> CaseEvent:
    """The person writes more; whoever works on the case reads it in the log.

    Raises WordsMissing, CaseClosed, or SaidEnough after ten additions.
    """
    if not words.strip():
        raise exceptions.WordsMissing
    held = Case.objects.select_for_update(no_key=True, of=("self",))
    fresh: Case = held.get(pk=case.pk)
    if fresh.status not in LIVE_CASE:
        raise exceptions.CaseClosed
    if case.events.filter(verb=CaseVerb.MORE_SAID).count() >= ADDITIONS_A_CASE:
        raise exceptions.SaidEnough
    return log_event(case=case, verb=CaseVerb.MORE_SAID, at=now, note=words.strip())
