"""The hotline: whom a caller may be told about, and a report written down for a caller."""

import datetime

from django.db import transaction
from django.db.models import Q

from registration.models import Account, Citizen
from registration.selectors import name_matches
from registration.services.access import AccessPurpose
from response_center.models import Case, CaseChannel
from response_center.services.cases import claim_case
from response_center.services.opening import Report, open_case
from sites.rights import WORK_CASES, require_action
from sites.services.people import count_lookup, log_lookups


def people_of_caller(
    *, full_name: str, date_of_birth: str, phone: str, agent: Account, now: datetime.datetime
) -> list[Citizen]:
    """Who has this name and birth, and this phone as their own or their household's: about nobody
    else is anything read out. Counted with the look-ups of the hour, and on record.

    Raises NotAllowed or TooManyLookups.
    """
    require_action(agent, WORK_CASES)
    count_lookup(account=agent, client=None, now=now)
    reached = Q(phone=phone) | Q(households__account__phone=phone)
    people = Citizen.objects.filter(
        name_matches(full_name), reached, date_of_birth=date_of_birth, merged_into=None
    )
    found = list(people.distinct().order_by("pk")[:5])
    log_lookups(people=found, purpose=AccessPurpose.CASE, account=agent, now=now)
    return found


@transaction.atomic
def open_by_telephone(*, report: Report, agent: Account, now: datetime.datetime) -> Case:
    """Open a case for a caller, held by the agent who wrote it down; no code proves the phone.

    Raises NotAllowed, and what `open_case` refuses.
    """
    require_action(agent, WORK_CASES)
    case = open_case(report=report, now=now, channel=CaseChannel.HOTLINE, opened_by=agent)
    return claim_case(case=case, agent=agent, now=now)
