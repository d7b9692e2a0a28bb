"""Finding a person at the desk or for another system: scoped, counted and on record.

Staff look-ups were how records leaked in bulk elsewhere. So a name needs the year of birth and
finds people of the province only; a login has so many look-ups an hour; whoever was shown is
logged, and the citizen can read it.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from registration.models import (
    Account,
    Citizen,
    DocumentKind,
    IdentityDocument,
    RecordAccess,
)
from registration.selectors import name_matches
from registration.services.access import AccessPurpose
from registration.services.check_in_codes import code_in, find_by_check_in_code
from registration.services.citizens import Paper
from registration.services.joined import only_who_go_on
from sites import exceptions
from sites.models import ApiClient, Appointment, LookupCount, StaffPosting, Visit
from vaxplatform.vietnam import (
    CccdScan,
    InvalidIdNumber,
    InvalidPhone,
    normalise_id_number,
    normalise_phone,
    parse_cccd_qr,
    search_key,
)

MOST_PEOPLE = 20
QUERY_LIMIT = 1_000  # characters
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SHOWN_FOR = datetime.timedelta(days=1)  # how long an API client may use whom it looked up


@dataclass(frozen=True)
class Found:
    """Who fits, at most MOST_PEOPLE; `scan` is what a citizen card said, to fill a form with."""

    people: Sequence[Citizen]
    by: Literal["code", "paper", "phone", "name"]
    scan: CccdScan | None = None


def find_people(
    *, query: str, posting: StaffPosting, account: Account, now: datetime.datetime
) -> Found:
    """Read one field: check-in code or its address, citizen card QR, ID number, phone, or a name
    without accents with the year of birth.

    Numbers and codes find anybody; a name only people of the posting's province. Everybody found
    is logged. Raises TooManyLookups or SearchNeedsMore.
    """
    text = " ".join(query[:QUERY_LIMIT].split())
    if code := code_in(text):
        citizen = find_by_check_in_code(code=code, now=now)
        return _logged(Found([citizen] if citizen else [], "code"), account, now)
    # Counted before it is answered, and for itself: a refusal later must not give it back.
    count_lookup(account=account, client=None, now=now)
    if "|" in text:
        scan = parse_cccd_qr(text)
        people = _by_papers(_papers_of(scan)) if scan else []
        return _logged(Found(people, "paper", scan), account, now)
    papers = papers_like(text)
    phone = phone_like(text)
    if papers and (people := _by_papers(papers)):
        return _logged(Found(people, "paper"), account, now)
    if phone:
        named = Citizen.objects.filter(phone=phone).order_by("date_of_birth")[:MOST_PEOPLE]
        people = only_who_go_on(named)
        return _logged(Found(people, "phone"), account, now)
    if papers:
        return Found([], "paper")
    return _logged(Found(_by_name(text, posting), "name"), account, now)


def _logged(found: Found, account: Account, now: datetime.datetime) -> Found:
    log_lookups(people=found.people, account=account, purpose=AccessPurpose.CHECK_IN, now=now)
    return found


def papers_like(text: str) -> list[Paper]:
    """The papers that a typed number can be; most numbers can be of one kind only."""
    papers = []
    for kind in ("cccd", "cmnd", "bhyt", "passport"):
        try:
            paper = Paper(kind, normalise_id_number(kind, text))
        except InvalidIdNumber:
            continue
        # A passport number has a digit; without one it is a name.
        if kind != "passport" or (any(c.isdigit() for c in paper.number) and " " not in text):
            papers.append(paper)
    return papers


def phone_like(text: str) -> str:
    """The typed text as E.164, "" when it is no Vietnamese mobile number."""
    try:
        return normalise_phone(text)
    except InvalidPhone:
        return ""


def _papers_of(scan: CccdScan) -> list[Paper]:
    papers = [Paper("cccd", scan.number)]
    return papers + [Paper("cmnd", scan.old_number)] if scan.old_number else papers


def _by_papers(papers: Iterable[Paper]) -> list[Citizen]:
    papers = list(papers)
    documents = IdentityDocument.objects.filter(
        kind__in=[DocumentKind(paper.kind) for paper in papers],
        number_index__in=[paper.index for paper in papers],
    ).select_related("citizen")
    return list({document.citizen_id: document.citizen for document in documents}.values())


def _by_name(text: str, posting: StaffPosting) -> list[Citizen]:
    years = YEAR.findall(text)
    name = " ".join(YEAR.sub(" ", text).split())
    if not years or not any(len(word) > 1 for word in search_key(name).split()):
        raise exceptions.SearchNeedsMore
    people = Citizen.objects.filter(
        name_matches(name), date_of_birth__startswith=years[-1], merged_into=None
    ).order_by("search_name", "date_of_birth")
    province_id = posting.site.province_id if posting.site else posting.province_id
    if posting.district is not None:
        province_id = posting.district.parent_id
    if province_id is None:
        return list(people[:MOST_PEOPLE])
    living_here = list(people.filter(province_id=province_id)[:MOST_PEOPLE])
    if len(living_here) == MOST_PEOPLE:
        return living_here
    coming_here = people.exclude(province_id=province_id).filter(
        Exists(_here(Visit.objects.filter(citizen=OuterRef("pk")), province_id))
    )
    booked_here = people.exclude(province_id=province_id).filter(
        Exists(_here(Appointment.objects.filter(registration__citizen=OuterRef("pk")), province_id))
    )
    everyone = {
        citizen.pk: citizen
        for rows in (living_here, coming_here[:MOST_PEOPLE], booked_here[:MOST_PEOPLE])
        for citizen in rows
    }
    return list(everyone.values())[:MOST_PEOPLE]


def _here(
    rows: "QuerySet[Visit] | QuerySet[Appointment]", province_id: int
) -> "QuerySet[Visit] | QuerySet[Appointment]":
    return rows.filter(session__site__province_id=province_id)


# ── counting and logging ──────────────────────────────────────────────────────────────────────
def count_lookup(
    *, account: Account | None, client: ApiClient | None, now: datetime.datetime
) -> None:
    """Count one look-up of this hour; raises TooManyLookups at the cap."""
    limit = settings.LOOKUPS_PER_HOUR if account else settings.API_LOOKUPS_PER_HOUR
    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        count, _created = LookupCount.objects.get_or_create(
            account=account, api_client=client, hour=hour
        )
        counted = LookupCount.objects.filter(pk=count.pk, lookups__lt=limit).update(
            lookups=F("lookups") + 1
        )
    if not counted:
        raise exceptions.TooManyLookups(limit=limit)


def log_lookups(
    *,
    people: Iterable[Citizen],
    purpose: str,
    now: datetime.datetime,
    account: Account | None = None,
    client: ApiClient | None = None,
) -> None:
    """Put on record who was shown whom, in one statement."""
    RecordAccess.objects.bulk_create(
        RecordAccess(
            citizen=citizen,
            account=account,
            client=client_label(client) if client else "",
            purpose=purpose,
            at=now,
        )
        for citizen in people
    )


def client_label(client: ApiClient) -> str:
    """How a client stands in the record of accesses; names alone may repeat."""
    return f"{client.name[:60]} #{client.pk}"


# ── other systems ─────────────────────────────────────────────────────────────────────────────
def look_up_for_client(
    *,
    client: ApiClient,
    now: datetime.datetime,
    papers: Sequence[Paper] = (),
    phone: str = "",
    full_name: str = "",
    date_of_birth: str = "",
) -> Citizen:
    """The one person that two identifiers name: a document number and the date of birth, or a
    phone and the name. Raises PersonUnknown, PersonAmbiguous or TooManyLookups.
    """
    count_lookup(account=None, client=client, now=now)
    if papers:
        people = _by_papers(papers)
    else:
        people = only_who_go_on(
            Citizen.objects.filter(phone=phone, search_name=search_key(full_name))
        )
    if date_of_birth:
        people = [citizen for citizen in people if _same_birth(citizen, date_of_birth)]
    if not people:
        raise exceptions.PersonUnknown
    if len(people) > 1:
        raise exceptions.PersonAmbiguous
    log_lookups(people=people, client=client, purpose=AccessPurpose.API, now=now)
    return people[0]


def _same_birth(citizen: Citizen, said: str) -> bool:
    known = citizen.date_of_birth
    return known.startswith(said) or said.startswith(known)


def visible_to_client(
    *, client: ApiClient, people: QuerySet[Citizen], now: datetime.datetime
) -> dict[str, Citizen]:
    """Those of `people` whom the client may name by id, by that id: people with a dose or visit at
    its site, and those it looked up with two identifiers within the last day."""
    seen: dict[str, Citizen] = {}
    labels = RecordAccess.objects.filter(
        citizen=OuterRef("pk"), client=client_label(client), at__gt=now - SHOWN_FOR
    )
    for rows in (
        people.filter(doses__site=client.site_id),
        people.filter(visits__session__site=client.site_id),
        people.filter(Exists(labels)),
    ):
        seen.update({str(citizen.public_id): citizen for citizen in rows})
    return seen
