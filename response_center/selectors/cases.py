"""Cases as the desk, the sites and the citizens see them."""

import datetime
from dataclasses import dataclass
from typing import Any, assert_never

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from registration.models import Account, AdministrativeUnit, Citizen
from response_center.access import OFFICERS
from response_center.models import (
    LIVE_CASE,
    Case,
    CaseEvent,
    CaseKind,
    CaseLevel,
    CaseStatus,
    CaseVerb,
)
from sites.models import SITE_ROLES, Role, Site, StaffPosting
from sites.rights import MAY, WORK_CASES
from sites.scoping import scope_to_posting
from vaxplatform.vietnam import search_key

# The verbs whose notes are written to the citizen; the others' are between agents and sites.
SPEAKS_TO_CITIZEN = (
    CaseVerb.ANSWERED,
    CaseVerb.INFORMED,
    CaseVerb.SITE_REFUSED,
    CaseVerb.RESOLVED,
    CaseVerb.REJECTED,
)
AGENT_ROLES = tuple(role for role, actions in MAY.items() if WORK_CASES in actions)
COUNTED_AT_MOST = 10_000  # live cases that the counts of the lists go through
FIRST = ("urgency", "due_at", "pk")  # what is taken first


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

    A site: those it was asked about, until their certificate is out. A district or province: its
    own. The nation: all. A case need not have a site, so its own district and province decide.
    """
    rows = Case.objects.select_related("citizen", "site", "province", "claimed_by", "dose")
    if posting is not None and posting.role == Role.PROVINCE_OFFICER:
        return rows.filter(province=posting.province_id)
    if posting is not None and posting.role == Role.DISTRICT_OFFICER:
        return rows.filter(district=posting.district_id)
    rows = scope_to_posting(rows, posting)
    if posting is not None and posting.role in SITE_ROLES:
        return rows.filter(status__in=(CaseStatus.WITH_SITE, CaseStatus.AWAITING))
    return rows


def to_work(rows: QuerySet[Case], posting: StaffPosting | None) -> QuerySet[Case]:
    """Those of the cases in reach that this posting works on itself (access.may_work)."""
    level = OFFICERS.get(posting.role) if posting is not None else None
    return rows.filter(level=level) if level else rows


@dataclass(frozen=True)
class Filters:
    """What the lists are narrowed to; empty for everything."""

    kind: str = ""
    cause: str = ""
    level: str = ""
    urgency: int | None = None
    province: AdministrativeUnit | None = None
    district: AdministrativeUnit | None = None

    def apply(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        chosen: dict[str, Any] = {
            name: value for name, value in vars(self).items() if value not in ("", None)
        }
        return rows.filter(**chosen)


def _condition(
    queue: Queue, *, account: Account, now: datetime.datetime, level: str | None = None
) -> Q:
    live = Q(status__in=LIVE_CASE)
    match queue:
        case Queue.TODO:
            mine = Q(level=level) if level else Q()
            return mine & Q(status=CaseStatus.OPEN)
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


def _own_level(posting: StaffPosting | None) -> str | None:
    return OFFICERS.get(posting.role) if posting is not None else None


def in_queue(
    rows: QuerySet[Case],
    queue: Queue,
    *,
    account: Account,
    now: datetime.datetime,
    posting: StaffPosting | None = None,
) -> QuerySet[Case]:
    """The cases of `rows` in this list, by urgency and then time; closed ones by their end.

    `posting`: an officer's first list holds what came up to its own level.
    """
    found = rows.filter(_condition(queue, account=account, now=now, level=_own_level(posting)))
    if queue == Queue.CLOSED:
        return found.order_by("-closed_at", "pk")
    return found.order_by(*FIRST)


def count_queues(
    rows: QuerySet[Case],
    queues: tuple[Queue, ...],
    *,
    account: Account,
    now: datetime.datetime,
    posting: StaffPosting | None = None,
) -> dict[str, int]:
    """How many live cases each list holds, in one pass over COUNTED_AT_MOST of them."""
    level = _own_level(posting)
    counts: dict[str, int] = _some(rows.filter(status__in=LIVE_CASE)).aggregate(
        **{
            queue.name: Count("pk", filter=_condition(queue, account=account, now=now, level=level))
            for queue in queues
            if queue != Queue.CLOSED
        }
    )
    return counts


def count_levels(rows: QuerySet[Case]) -> dict[str, int]:
    """How many of `rows` are with each level, over COUNTED_AT_MOST of them."""
    counts: dict[str, int] = _some(rows).aggregate(
        **{level.name: Count("pk", filter=Q(level=level)) for level in CaseLevel}
    )
    return {level.value: counts[level.name] for level in CaseLevel}


def _some(rows: QuerySet[Case]) -> QuerySet[Case]:
    """No count goes over everything: a list of ten thousand is "many" to whoever reads it."""
    return rows.select_related(None).order_by()[:COUNTED_AT_MOST]


def cases_by_phone_end(rows: QuerySet[Case], digits: str) -> QuerySet[Case]:
    """Live cases of `rows` whose phone ends with these digits."""
    return rows.filter(status__in=LIVE_CASE, phone__endswith=digits).order_by(*FIRST)


def duplicates_of(rows: QuerySet[Case], case: Case) -> QuerySet[Case]:
    """Other live cases of `rows` from the same person or phone, those of the same kind first."""
    same = Q()
    if case.citizen_id:
        same |= Q(citizen=case.citizen_id)
    if case.phone:
        same |= Q(phone=case.phone)
    if not same:
        return rows.none()
    others = rows.filter(same, status__in=(CaseStatus.OPEN, CaseStatus.WITH_SITE)).exclude(
        pk=case.pk
    )
    others = others.exclude(kind=CaseKind.STUCK_CERTIFICATE)
    return others.annotate(is_same=Q(kind=case.kind)).order_by("-is_same", "opened_at", "pk")


def colleagues(case: Case, *, but: Account | None) -> QuerySet[StaffPosting]:
    """Who else may work the case, by name: agents, and the officers of its level and place."""
    able = Q(role__in=AGENT_ROLES)
    if case.level == CaseLevel.DISTRICT:
        able |= Q(role=Role.DISTRICT_OFFICER, district=case.district_id)
    elif case.level == CaseLevel.PROVINCE:
        able |= Q(role=Role.PROVINCE_OFFICER, province=case.province_id)
    rows = StaffPosting.objects.filter(able, account__is_active=True, account__is_staff=True)
    return rows.exclude(account=but).select_related("account").order_by("account__full_name", "pk")


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
