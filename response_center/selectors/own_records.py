"""Whose records a proven phone may be told about."""

from django.db.models import Q

from registration.models import Citizen
from registration.selectors import name_matches
from vaxplatform.vietnam import search_key


def person_of_phone(*, full_name: str, date_of_birth: str, phone: str) -> Citizen | None:
    """The one person with this name and birth whose phone, or household's phone, is `phone`; None
    where there is none or more than one. A name must be whole: a part of it finds nobody."""
    reached = Q(phone=phone) | Q(households__account__phone=phone)
    rows = Citizen.objects.filter(
        name_matches(full_name), reached, date_of_birth=date_of_birth, merged_into=None
    )
    found = [
        citizen
        for citizen in rows.distinct().order_by("pk")[:5]
        if search_key(citizen.full_name) == search_key(full_name)
    ]
    return found[0] if len(found) == 1 else None
