"""Which record this browser has opened by a code, without an account.

One, for a quarter of an hour, to look at and to print; nothing can be changed with it.
"""

import datetime

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from registration.models import Citizen

OPENED = "opened_record"  # in the session: the person's public number and until when
OPEN_FOR = datetime.timedelta(minutes=15)


def open_for_a_while(request: HttpRequest, citizen: Citizen, now: datetime.datetime) -> None:
    """A code was right: the session gets a new key, and the record is open to it."""
    request.session.cycle_key()
    request.session[OPENED] = {
        "person": str(citizen.public_id),
        "until": (now + OPEN_FOR).isoformat(),
    }


def close_record(request: HttpRequest) -> None:
    request.session.pop(OPENED, None)


def open_until(request: HttpRequest, now: datetime.datetime) -> datetime.datetime | None:
    """Until when the record is open; None where none is."""
    until = parse_datetime((request.session.get(OPENED) or {}).get("until", ""))
    return until if until is not None and now < until else None


def opened_record(request: HttpRequest, now: datetime.datetime) -> Citizen | None:
    """The person whose record is open to this browser."""
    if open_until(request, now) is None:
        return None
    people = Citizen.objects.select_related("province", "ward", "ward__parent")
    return people.filter(
        public_id=request.session[OPENED]["person"], merged_into__isnull=True
    ).first()
