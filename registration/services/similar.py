"""People on record who may be the one that somebody names: for a person to decide, with a score.

Looked for only where no number and no phone tells who it is. A candidate shares name and date of
birth, or one of them with the place or the phone; so each look-up reads a few rows by an index,
however many people are on record.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from registration.models import IdentityDocument
from registration.services.citizens import CitizenDetails

MOST_CANDIDATES = 5
LIKE_ENOUGH = 0.75  # of 1; below it they are two people
# What each agreement adds; together 1.
NAME, BIRTH, SEX, PLACE, PHONE = 0.5, 0.3, 0.05, 0.05, 0.1


_CONTACT = frozenset({"name", "date_of_birth", "phone"})
_EVERYTHING = frozenset({"name", "date_of_birth", "sex", "province", "address"})


@dataclass(frozen=True)
class Candidate:
    """A citizen on record who may be meant. `score` 0 to 1; `same`: what agrees."""

    citizen_id: int
    score: float
    same: tuple[str, ...]

    @property
    def agrees_in_all(self) -> bool:
        """Name, whole date of birth, sex, province and address: nothing is left to doubt."""
        return _EVERYTHING.issubset(self.same)


_CANDIDATES = f"""
    SELECT w.i, c.id, c.likeness, c.same_birth, c.same_year, c.sex = w.sex,
           c.province_id = w.province_id, c.phone <> '' AND c.phone = w.phone,
           c.address <> '' AND lower(c.address) = lower(w.address)
      FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                  %s::text[]) AS w(i, name, birth, sex, province_id, phone, address)
     CROSS JOIN LATERAL (
        SELECT k.*, similarity(k.search_name, w.name) AS likeness,
               k.date_of_birth = w.birth AS same_birth,
               left(k.date_of_birth, 4) = left(w.birth, 4) AS same_year
          FROM (
            SELECT * FROM registration_citizen
             WHERE search_name = w.name AND date_of_birth >= left(w.birth, 4)
               AND date_of_birth < left(w.birth, 4) || '~'
            UNION
            SELECT * FROM registration_citizen
             WHERE date_of_birth = w.birth AND length(w.birth) = 10
               AND province_id = w.province_id
            UNION
            SELECT * FROM registration_citizen
             WHERE phone = w.phone AND w.phone <> ''
          ) k
         WHERE similarity(k.search_name, w.name) >= 0.4
         ORDER BY likeness DESC, same_birth DESC
         LIMIT {4 * MOST_CANDIDATES}
     ) c
"""  # noqa: S608


def find_similar(*, people: Sequence[CitizenDetails]) -> list[list[Candidate]]:
    """For each of `people` those on record who may be she, the likeliest first, at most five.

    Two people with different numbers of the same kind of paper are two people, and are left out,
    but for one number mistyped: where name, birth and phone are the same.
    """
    found: list[list[Candidate]] = [[] for _details in people]
    if not people:
        return found
    rows = list(enumerate(people))
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            [
                [i for i, _d in rows],
                [d.search_name for d in people],
                [d.date_of_birth for d in people],
                [d.sex for d in people],
                [d.province_id for d in people],
                [d.phone for d in people],
                [d.address for d in people],
            ],
        )
        for i, citizen_id, *facts in cursor.fetchall():
            candidate = _scored(citizen_id, *facts)
            if candidate.score >= LIKE_ENOUGH:
                found[i].append(candidate)
    kinds = _kinds_of({c.citizen_id for candidates in found for c in candidates})
    return [
        sorted(
            (
                c
                for c in candidates
                if _CONTACT.issubset(c.same) or not _has_another(details, kinds[c.citizen_id])
            ),
            key=lambda c: (-c.score, c.citizen_id),
        )[:MOST_CANDIDATES]
        for details, candidates in zip(people, found, strict=True)
    ]


def _scored(
    citizen_id: int,
    likeness: float,
    same_birth: bool,
    same_year: bool,
    same_sex: bool,
    same_place: bool,
    same_phone: bool,
    same_address: bool,
) -> Candidate:
    score = NAME * likeness
    score += BIRTH if same_birth else BIRTH / 2 if same_year else 0
    score += SEX * same_sex + PLACE * same_place + PHONE * same_phone
    facts = {
        "name": likeness >= 1,
        "date_of_birth": same_birth,
        "sex": same_sex,
        "province": same_place,
        "phone": same_phone,
        "address": same_address,
    }
    return Candidate(citizen_id, round(score, 3), tuple(k for k, same in facts.items() if same))


def _kinds_of(citizen_ids: set[int]) -> defaultdict[int, set[str]]:
    """The kinds of papers that each person has on record."""
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    if citizen_ids:
        rows = IdentityDocument.objects.filter(citizen__in=citizen_ids)
        for citizen_id, kind in rows.values_list("citizen_id", "kind"):
            kinds[citizen_id].add(kind)
    return kinds


def _has_another(details: CitizenDetails, kinds: set[str]) -> bool:
    """Whether she holds a paper of a kind that is named with another number."""
    return any(paper.kind in kinds for paper in details.papers)
