"""Cases as the desk, the sites and the citizens see them."""

import datetime
from typing import assert_never

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from registration.models import Account, AdministrativeUnit, Citizen
from response_center.models import LIVE_CASE, Case, CaseEvent, CaseStatus, CaseVerb
from sites.models import SITE_ROLES, Role, Site, StaffPosting
from sites.scoping import scope_to_posting
from vaxplatform.vietnam import search_key

# The verbs whose notes are written to the citizen; the others' are between agents and sites.
SPEAKS_TO_CITIZEN = (
    CaseVerb.ANSWERED,
    CaseVerb.INFORMED,
    CaseVerb.RESOLVED,
    CaseVerb.REJECTED,
)


class Queue(TextChoices):
    """The lists of the desk; which of them a login sees follows from its role."""

    TODO = "todo", _("To do")
    MINE = "mine", _("Mine")
    WITH_SITE = "with-site", _("With a site")
    OVERDUE = "overdue", _("Over 48 hours")
    WAITING = "waiting", _("Certificate on its way")
    CLOSED = "closed", _("Closed")
    ALL = "all", _("All open")


DESK_QUEUES = (
    Queue.TODO,
    Queue.MINE,
    Queue.WITH_SITE,
    Queue.OVERDUE,
    Queue.ALL,
    Queue.CLOSED,
)
SITE_QUEUES = (Queue.WITH_SITE, Queue.OVERDUE, Queue.WAITING)


def queues_of(posting: StaffPosting) -> tuple[Queue, ...]:
    return SITE_QUEUES if posting.role in SITE_ROLES else DESK_QUEUES


def cases_in_reach(posting: StaffPosting | None) -> QuerySet[Case]:
    """The cases this posting may see.

    A site: those it was asked about, until their certificate is out. A province: its own. The
    nation: all. A case of a province need not have a site, so its own province decides.
    """
    rows = Case.objects.select_related("citizen", "site", "province", "claimed_by", "dose")
    if posting is not None and posting.role == Role.PROVINCE_OFFICER:
        return rows.filter(province=posting.province_id)
    rows = scope_to_posting(rows, posting)
    if posting is not None and posting.role in SITE_ROLES:
        return rows.filter(status__in=(CaseStatus.WITH_SITE, CaseStatus.AWAITING))
    return rows


def _condition(queue: Queue, *, account: Account, now: datetime.datetime) -> Q:
    live = Q(status__in=LIVE_CASE)
    match queue:
        case Queue.TODO:
            return Q(status=CaseStatus.OPEN)
        case Queue.MINE:
            return live & Q(claimed_by=account, claimed_until__gt=now)
        case Queue.WITH_SITE:
            return Q(status=CaseStatus.WITH_SITE)
        case Queue.OVERDUE:
            return live & Q(due_at__lte=now)
        case Queue.WAITING:
            return Q(status=CaseStatus.AWAITING)
        case Queue.CLOSED:
            return ~live
        case Queue.ALL:
            return live
        case _:
            assert_never(queue)


def in_queue(
    rows: QuerySet[Case], queue: Queue, *, account: Account, now: datetime.datetime
) -> QuerySet[Case]:
    """The cases of `rows` in this list, most urgent first; closed ones by their end."""
    found = rows.filter(_condition(queue, account=account, now=now))
    return found.order_by("-closed_at" if queue == Queue.CLOSED else "due_at", "pk")


def count_queues(
    rows: QuerySet[Case], queues: tuple[Queue, ...], *, account: Account, now: datetime.datetime
) -> dict[str, int]:
    """How many live cases each list holds, in one pass over the live cases."""
    live = rows.filter(status__in=LIVE_CASE).order_by()
    counts: dict[str, int] = live.aggregate(
        **{
            queue.name: Count("pk", filter=_condition(queue, account=account, now=now))
            for queue in queues
            if queue != Queue.CLOSED
        }
    )
    return counts


def urgent_free_case(rows: QuerySet[Case], *, now: datetime.datetime) -> Case | None:
    """The most urgent open case of `rows` that nobody holds."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return rows.filter(free, status=CaseStatus.OPEN).order_by("due_at", "pk").first()


def case_by_number(rows: QuerySet[Case], number: str) -> Case | None:
    """The case of `rows` with this number, with what its page shows."""
    return rows.filter(number=number).select_related("said_vaccine", "dose__vaccine").first()


def live_cases_of(citizen: Citizen) -> QuerySet[Case]:
    return citizen.cases.filter(status__in=LIVE_CASE).select_related("site").order_by("due_at")


def cases_of_phone(phone: str) -> QuerySet[Case]:
    """The cases that were reported from this phone, newest first."""
    return Case.objects.filter(phone=phone).select_related("citizen", "site").order_by("-opened_at")


def cases_to_follow(account: Account) -> QuerySet[Case]:
    """The cases of the account's household and those sent from its phone, newest first."""
    mine = Q(citizen__households__account=account)
    if account.phone:
        mine |= Q(phone=account.phone)
    rows = Case.objects.filter(mine).select_related("citizen", "site")
    return rows.distinct().order_by("-opened_at")


def case_of_citizen_by_number(rows: QuerySet[Case], number: str) -> Case | None:
    """The case of `rows` (those that somebody may follow) with this number."""
    return rows.select_related("said_vaccine", "province").filter(number=number).first()


def log_for_citizen(case: Case) -> QuerySet[CaseEvent]:
    """The steps that the citizen is shown, oldest first."""
    return case.events.filter(is_public=True).order_by("at", "pk")


def sites_named(
    typed: str, *, province: AdministrativeUnit | None = None, limit: int = 12
) -> list[Site]:
    """Active sites whose name or code has every typed word, accents aside; at most `limit`.

    Sites number some ten thousands at most and carry no search column: names are compared here.
    """
    words = search_key(typed).split()
    if not words:
        return []
    rows = Site.objects.filter(is_active=True).select_related("province").order_by("name")
    if province is not None:
        rows = rows.filter(province=province)
    found: list[Site] = []
    for site in rows.iterator(chunk_size=1000):
        text = f"{search_key(site.name)} {site.code.lower()} {search_key(site.province.name)}"
        if all(word in text for word in words):
            found.append(site)
            if len(found) == limit:
                break
    return found
