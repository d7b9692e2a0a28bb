"""The record that goes on, where records of one person were joined."""

from collections.abc import Iterable

from registration.models import Citizen


def who_go_on(citizens: Iterable[Citizen]) -> dict[int, Citizen]:
    """For each of `citizens`, by its key, the record that it leads to: mostly itself.

    A query for each step of the longest way; none where nobody was joined.
    """
    start = {citizen.pk: citizen for citizen in citizens}
    ends = dict(start)
    while onward := {c.merged_into_id for c in ends.values() if c.merged_into_id is not None}:
        met = Citizen.objects.in_bulk(onward)
        ends = {
            pk: met[c.merged_into_id] if c.merged_into_id is not None else c
            for pk, c in ends.items()
        }
    return ends


def only_who_go_on(citizens: Iterable[Citizen]) -> list[Citizen]:
    """Each person once, in the order given, as the record that goes on."""
    return list({c.pk: c for c in who_go_on(citizens).values()}.values())
