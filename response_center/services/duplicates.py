"""Records that may be one person, found among what changed since the last round.

A round takes the versions of people and the papers written since (never everybody), and asks the
database for others that agree with them, a set at a time. A pair is put before people once for
ever: the unique index of pairs says so.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from registration.models import Citizen, IdentityDocument
from registration.services.citizens import CitizenDetails, Paper
from registration.services.joined import only_who_go_on
from registration.services.similar import find_similar
from response_center.models import DuplicatePair, DuplicateSearch, DuplicateSign
from vaxplatform.bulk import insert_rows

# A transaction that is still open may yet bring a version with an earlier number. None lasts so
# long; what is younger waits for a later round.
SETTLED_AFTER = datetime.timedelta(minutes=10)
SETS_IN_A_ROUND = 5
SIMILAR_ENOUGH = 0.85  # of 1; an import asks at 0.75, but there somebody has the paper at hand
OLD_AND_NEW_SCORE = 0.95

Found = dict[tuple[int, int], tuple[str, float]]  # (lower id, higher id) → sign and score


def find_duplicates(
    now: datetime.datetime,
    limit: int = 1000,
    *,
    settled_after: datetime.timedelta = SETTLED_AFTER,
) -> int:
    """Look through at most five sets of `limit` changes; returns how many pairs are new.

    `settled_after`: the age of a change before which an older transaction may still be open. Two
    workers at once: the second leaves the work to the first.
    """
    new = 0
    for _set in range(SETS_IN_A_ROUND):
        looked, found = _look_through_a_set(now, limit, settled_after)
        new += found
        if not looked:
            break
    return new


@transaction.atomic
def _look_through_a_set(
    now: datetime.datetime, limit: int, settled_after: datetime.timedelta
) -> tuple[int, int]:
    """How many people were looked at, and how many pairs are new."""
    DuplicateSearch.objects.bulk_create([DuplicateSearch(pk=1)], ignore_conflicts=True)
    search = DuplicateSearch.objects.select_for_update(skip_locked=True, no_key=True).first()
    if search is None:
        return 0, 0
    changed = _changed_people(search, now - settled_after, limit)
    if not changed:
        return 0, 0
    search.save()
    people = only_who_go_on(Citizen.objects.filter(pk__any=changed).order_by("pk"))
    return len(changed), _keep(_pairs_of(people), now)


def _changed_people(search: DuplicateSearch, before: datetime.datetime, limit: int) -> set[int]:
    """Whose record or papers were written since; moves the marks of `search` on."""
    events: Any = Citizen.pgh_event_model  # type: ignore[attr-defined]
    versions = events.objects.filter(pgh_id__gt=search.reached_version)
    people, search.reached_version = _settled(
        versions, "pgh_id", "pgh_created_at", "pgh_obj_id", before, limit, search.reached_version
    )
    papers = IdentityDocument.objects.filter(pk__gt=search.reached_paper)
    holders, search.reached_paper = _settled(
        papers, "id", "added_at", "citizen_id", before, limit, search.reached_paper
    )
    return people | holders


def _settled(
    rows: QuerySet[Any],
    key: str,
    written: str,
    person: str,
    before: datetime.datetime,
    limit: int,
    reached: int,
) -> tuple[set[int], int]:
    """The people of the next `limit` rows, in the order of their numbers, up to the first row that
    is younger than `before`; and how far that goes."""
    people: set[int] = set()
    lines = rows.order_by(key).values_list(key, written, person)[:limit]
    for number, at, citizen_id in lines:
        if at >= before:
            break
        people.add(citizen_id)
        reached = number
    return people, reached


def _pairs_of(people: list[Citizen]) -> Found:
    """The surest sign of each pair."""
    keys = [citizen.pk for citizen in people]
    found: Found = {}
    _add(found, _like(people), DuplicateSign.SIMILAR)
    _add(
        found,
        ((*pair, OLD_AND_NEW_SCORE) for pair in _ask(_OLD_AND_NEW, keys)),
        DuplicateSign.OLD_AND_NEW_ID,
    )
    _add(found, ((*pair, 1.0) for pair in _ask(_CONTACT, keys)), DuplicateSign.CONTACT)
    return found


def _add(found: Found, pairs: Iterable[tuple[int, int, float]], sign: str) -> None:
    for one, other, score in pairs:
        found[min(one, other), max(one, other)] = (sign, score)


def _ask(query: str, keys: list[int]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [keys])
        return list(cursor.fetchall())


_CONTACT = """
    SELECT c.id, o.id FROM registration_citizen c
      JOIN registration_citizen o
        ON o.search_name = c.search_name AND o.date_of_birth = c.date_of_birth
       AND o.phone = c.phone AND o.id <> c.id AND o.merged_into_id IS NULL
     WHERE c.id = ANY(%s::bigint[]) AND c.phone <> ''
"""

# Whole dates only, and the same home province or phone: a name and a year are many people's.
_OLD_AND_NEW = """
    SELECT c.id, o.id FROM registration_citizen c
      JOIN registration_citizen o
        ON o.search_name = c.search_name AND o.date_of_birth = c.date_of_birth
       AND o.sex = c.sex AND o.id <> c.id AND o.merged_into_id IS NULL
       AND (o.province_id = c.province_id OR (o.phone = c.phone AND c.phone <> ''))
     CROSS JOIN LATERAL (
        SELECT array_agg(kind) AS kinds FROM registration_identitydocument
         WHERE citizen_id = c.id AND kind IN ('cccd', 'cmnd')) cd
     CROSS JOIN LATERAL (
        SELECT array_agg(kind) AS kinds FROM registration_identitydocument
         WHERE citizen_id = o.id AND kind IN ('cccd', 'cmnd')) od
     WHERE c.id = ANY(%s::bigint[]) AND length(c.date_of_birth) = 10
       AND cardinality(cd.kinds) = 1 AND cardinality(od.kinds) = 1 AND cd.kinds <> od.kinds
"""


def _like(people: list[Citizen]) -> list[tuple[int, int, float]]:
    """Others on record with a similar name and birth, as `find_similar` scores them."""
    kinds: dict[int, list[Paper]] = {citizen.pk: [] for citizen in people}
    papers = IdentityDocument.objects.filter(citizen__any=list(kinds))
    for citizen_id, kind in papers.values_list("citizen_id", "kind"):
        kinds[citizen_id].append(Paper(kind, ""))  # which kinds she holds is all that is asked
    details = [
        CitizenDetails(
            full_name=citizen.full_name,
            date_of_birth=citizen.date_of_birth,
            sex=citizen.sex,
            province_id=citizen.province_id,
            phone=citizen.phone,
            address=citizen.address,
            papers=tuple(kinds[citizen.pk]),
        )
        for citizen in people
    ]
    return [
        (citizen.pk, candidate.citizen_id, candidate.score)
        for citizen, candidates in zip(people, find_similar(people=details), strict=True)
        for candidate in candidates
        if candidate.citizen_id != citizen.pk and candidate.score >= SIMILAR_ENOUGH
    ]


def _keep(found: Found, now: datetime.datetime) -> int:
    """Write the pairs that nobody has met; the older record is the one proposed to stay."""
    rows = [
        DuplicatePair(kept_id=one, merged_id=other, sign=sign, score=score, found_at=now)
        for (one, other), (sign, score) in sorted(found.items())
    ]
    return len(insert_rows(rows, key="public_id", ignore_conflicts=True))
