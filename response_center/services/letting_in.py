"""A phone is let in to a record at the desk, where nothing else proves the right to it."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.models import Account, Citizen, RecordClaim
from registration.services.access import AccessPurpose, log_access
from registration.services.citizens import Paper, find_citizen_by_paper
from registration.services.claims import claim_at_desk
from registration.services.joined import only_who_go_on
from response_center.access import may_work
from response_center.models import Case, CaseKind, CaseVerb
from response_center.services.moves import WORKED_BY_AGENTS, first_answer, log_event, move
from sites.scoping import NotAllowed, posting_of
from sites.services.people import count_lookup
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import search_key


class NoRecordFits(DomainError):
    code = "no_record_fits"
    message = _("No record has this number with the name and the date of birth of the report.")
    field = "id_number"


def asks_to_be_let_in(case: Case) -> bool:
    """Whether the report names a person and a phone, and speaks of no record yet."""
    names = bool(case.said_full_name and case.said_date_of_birth and case.phone)
    return case.kind == CaseKind.QUESTION and case.citizen_id is None and names


def let_phone_in(
    *, case: Case, agent: Account, papers: Sequence[Paper], now: datetime.datetime
) -> RecordClaim:
    """Let the phone of the case see the record that a paper names, under the rule of every claim.

    The look-up is counted, also one that finds nobody, and on record for the person. The case stays
    with the agent. Raises NotAllowed, TooManyLookups, NoRecordFits, CaseNotClaimed, CaseHeld or
    CaseClosed. Not to be called within a transaction: a refusal must keep its count.
    """
    if not may_work(posting_of(agent), case) or not asks_to_be_let_in(case):
        raise NotAllowed
    count_lookup(account=agent, client=None, now=now)
    with transaction.atomic():
        return _let_in(case, agent, _named(case, papers), now)


def _let_in(case: Case, agent: Account, citizen: Citizen, now: datetime.datetime) -> RecordClaim:
    rows = Case.objects.filter(claimed_by=agent, claimed_until__gt=now, status__in=WORKED_BY_AGENTS)
    move(case, rows, agent=agent, now=now, first_answer_at=first_answer(now))
    log_access(citizen=citizen, account=agent, purpose=AccessPurpose.CASE)
    account, _made = Account.objects.get_or_create(
        phone=case.phone, defaults={"language": case.language, "created_at": now}
    )
    claim = claim_at_desk(account=account, citizen=citizen, agent=agent, now=now)
    note = gettext("The phone of this report was let in to the record.")
    log_event(case=case, verb=CaseVerb.NOTED, at=now, by=agent, note=note, is_public=False)
    return claim


def _named(case: Case, papers: Sequence[Paper]) -> Citizen:
    owners = (find_citizen_by_paper(paper=paper) for paper in papers)
    for citizen in only_who_go_on(owner for owner in owners if owner):
        same_name = citizen.search_name == search_key(case.said_full_name)
        if same_name and case.said_date_of_birth.startswith(citizen.date_of_birth):
            return citizen
    raise NoRecordFits
