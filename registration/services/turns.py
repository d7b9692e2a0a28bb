"""People of one set who may be the same, though nothing says so: looked up one after the other.

Whoever is compared with those on record must be compared with those of the same set too, once they
are there. Pure: no query.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from registration.services.citizens import CitizenDetails
from registration.services.similar import agreement_of_births

MOST_TURNS: Final = 20  # a set of nothing but namesakes does not take for ever


def turns(people: Sequence[CitizenDetails]) -> list[list[int]]:
    """The positions of `people` in turns: nobody in one whom an earlier one of it may be."""
    left = list(range(len(people)))
    found: list[list[int]] = []
    while left and len(found) < MOST_TURNS:
        met: defaultdict[tuple[str, str], list[CitizenDetails]] = defaultdict(list)
        now, later = [], []
        for position in left:
            person = people[position]
            namesakes = met[person.search_name, person.date_of_birth[:4]]
            if all(_is_settled(person, other) for other in namesakes):
                namesakes.append(person)
                now.append(position)
            else:
                later.append(position)
        found.append(now)
        left = later
    if left:
        found.append(left)
    return found


def _is_settled(one: CitizenDetails, other: CitizenDetails) -> bool:
    """Whether two namesakes are surely one person, or surely two."""
    if one is other or set(one.papers) & set(other.papers):
        return True
    same_phone = bool(one.phone) and one.phone == other.phone
    agreement = agreement_of_births(one.date_of_birth, other.date_of_birth)
    if not agreement or (agreement == "near" and not same_phone):
        return True
    has_other_number = {p.kind for p in one.papers} & {p.kind for p in other.papers}
    if same_phone and one.date_of_birth == other.date_of_birth:
        return not has_other_number  # else a number was mistyped, perhaps
    return bool(has_other_number)
