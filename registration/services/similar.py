"""People on record who may be the one that somebody names: for a person to decide, with a score.

Looked for only where no number and no phone tells who it is. A candidate shares name and date of
birth, or one of them with the place or the phone; so each look-up reads a few rows by an index,
however many people are on record.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from registration.models import IdentityDocument
from registration.services.citizens import CitizenDetails

MOST_CANDIDATES = 5
LIKE_ENOUGH = 0.75  # of 1; below it they are two people
# What each agreement adds; together 1.
NAME, BIRTH, SEX, PLACE, PHONE = 0.5, 0.3, 0.05, 0.05, 0.1
ELSEWHERE = -0.1  # both addresses are known, and differ
# How much of BIRTH two dates share. Namesakes born in the same year are many in a province, so a
# date that differs in more than a slip of the pen makes two people, unless the phone agrees.
BIRTHS = {"same": 1.0, "swapped": 0.8, "partly": 0.7, "near": 0.35, "": 0.0}

_CONTACT = frozenset({"name", "date_of_birth", "phone"})
_EVERYTHING = frozenset({"name", "accents", "day_of_birth", "sex", "province", "address"})


@dataclass(frozen=True)
class Candidate:
    """A citizen on record who may be meant. `score` 0 to 1; `same`: what agrees.

    "name" is without accents, "accents" with them: twins are named alike but for those.
    """

    citizen_id: int
    score: float
    same: tuple[str, ...]
    has_another_number: bool = False  # of a kind of paper that is named

    @property
    def agrees_in_all(self) -> bool:
        """Name to the last accent, whole date of birth, sex, province and address, and no number
        against it: nothing is left to doubt."""
        return _EVERYTHING.issubset(self.same) and not self.has_another_number


_CANDIDATES = f"""
    SELECT w.i, c.id, c.likeness, c.date_of_birth, w.birth, c.search_name = w.name,
           lower(c.full_name) = lower(w.full_name), c.sex = w.sex, c.province_id = w.province_id,
           c.phone <> '' AND c.phone = w.phone, lower(c.address), lower(w.address)
      FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                  %s::text[], %s::text[])
           AS w(i, name, birth, sex, province_id, phone, address, full_name)
     CROSS JOIN LATERAL (
        SELECT k.*, similarity(k.search_name, w.name) AS likeness
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
             WHERE phone = w.phone AND phone <> ''
          ) k
         WHERE similarity(k.search_name, w.name) >= 0.4 AND k.merged_into_id IS NULL
         ORDER BY (k.date_of_birth = w.birth) DESC, (k.phone = w.phone AND w.phone <> '') DESC,
                  likeness DESC
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
                [d.full_name for d in people],
            ],
        )
        for i, citizen_id, *facts in cursor.fetchall():
            candidate = _scored(citizen_id, *facts)
            if candidate.score >= LIKE_ENOUGH:
                found[i].append(candidate)
    kinds = _kinds_of({c.citizen_id for candidates in found for c in candidates})
    return [
        _best(replace(c, has_another_number=_has_another(d, kinds[c.citizen_id])) for c in found_)
        for d, found_ in zip(people, found, strict=True)
    ]


def _best(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Two people with different numbers are two, but for a number mistyped."""
    fitting = [c for c in candidates if not c.has_another_number or _CONTACT.issubset(c.same)]
    return sorted(fitting, key=lambda c: (-c.score, c.citizen_id))[:MOST_CANDIDATES]


def _scored(
    citizen_id: int,
    likeness: float,
    known_birth: str,
    birth: str,
    same_name: bool,
    same_accents: bool,
    same_sex: bool,
    same_place: bool,
    same_phone: bool,
    known_address: str,
    address: str,
) -> Candidate:
    agreement = agreement_of_births(known_birth, birth)
    score = NAME * (1 if same_name else min(likeness, 0.95)) + BIRTH * BIRTHS[agreement]
    score += SEX * same_sex + PLACE * same_place + PHONE * same_phone
    same_address = bool(address) and address == known_address
    if address and known_address and not same_address and not same_phone:
        score += ELSEWHERE
    facts = {
        "name": same_name,
        "accents": same_accents,
        "date_of_birth": known_birth == birth,
        "day_of_birth": agreement == "same",
        "sex": same_sex,
        "province": same_place,
        "phone": same_phone,
        "address": same_address,
    }
    return Candidate(citizen_id, round(score, 3), tuple(k for k, same in facts.items() if same))


def agreement_of_births(one: str, other: str) -> str:
    """How two dates of birth (YYYY[-MM[-DD]]) agree: "same", "swapped" (day and month), "partly"
    (as far as the shorter goes), "near" (but for one of year, month and day), or ""."""
    if one == other:
        return "same" if len(one) == 10 else "partly"
    if one.startswith(other) or other.startswith(one):
        return "partly"
    first, second = one.split("-"), other.split("-")
    if len(first) < 3 or len(second) < 3:
        return ""
    if first == [second[0], second[2], second[1]]:
        return "swapped"
    return "near" if sum(a == b for a, b in zip(first, second, strict=True)) == 2 else ""


def _kinds_of(citizen_ids: set[int]) -> defaultdict[int, set[str]]:
    """The kinds of papers that each person has on record."""
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    if citizen_ids:
        rows = IdentityDocument.objects.filter(citizen__any=citizen_ids)
        for citizen_id, kind in rows.values_list("citizen_id", "kind"):
            kinds[citizen_id].add(kind)
    return kinds


def _has_another(details: CitizenDetails, kinds: set[str]) -> bool:
    """Whether she holds a paper of a kind that is named with another number."""
    return any(paper.kind in kinds for paper in details.papers)
