"""Browser sessions hold drafts of registrations; those that ended are deleted, not only ignored."""

import datetime

from django.contrib.sessions.models import Session


def purge_sessions(now: datetime.datetime) -> int:
    """Delete the sessions that have expired; returns how many."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]
