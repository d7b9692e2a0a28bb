"""The record that goes on, where records of one person were joined."""

from collections.abc import Iterable

from django.db import connection

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


def hold_who_go_on(citizens: Iterable[Citizen]) -> dict[int, Citizen]:
    """As `who_go_on`, asked of the database now, and held until the transaction ends: nobody is
    joined with another meanwhile. A join that runs is waited for.

    The lock is the one that a row of a person takes anyway (FOR KEY SHARE), in order of the keys.
    """
    known = {citizen.pk: citizen for citizen in citizens}
    leads: dict[int, int | None] = {}
    ask = set(known)
    while ask:
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [sorted(ask)])
            leads |= dict(cursor.fetchall())
        ask = {pk for pk in leads.values() if pk is not None} - leads.keys()
    goals = {pk: _end_of(pk, leads) for pk in known}
    met = Citizen.objects.in_bulk(set(goals.values()) - known.keys()) | known
    return {pk: met[goal] for pk, goal in goals.items()}


def _end_of(pk: int, leads: dict[int, int | None]) -> int:
    while (onward := leads.get(pk)) is not None:
        pk = onward
    return pk


_HOLD = """
    SELECT id, merged_into_id FROM registration_citizen
     WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE
"""
