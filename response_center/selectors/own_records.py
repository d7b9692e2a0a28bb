"""Whose records a proven phone may be told about."""

from registration.models import Citizen
from registration.services.own_record import people_of_phone
from vaxplatform.vietnam import search_key


def person_of_phone(*, full_name: str, date_of_birth: str, phone: str) -> Citizen | None:
    """The one person with this name and birth for whom the phone speaks; None where there is none
    or more than one. A name must be whole: a part of it finds nobody."""
    name = search_key(full_name)
    found = [
        citizen
        for citizen in people_of_phone(phone)
        if (citizen.search_name, citizen.date_of_birth) == (name, date_of_birth)
    ]
    return found[0] if len(found) == 1 else None
