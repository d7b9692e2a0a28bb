"""Counting the identity checks again: a row for each province and result, for pages to read.

A province is counted from the index `citizen_by_identity_check`, in a transaction of its own; a
page reads the counts and never the people.
"""

import datetime
from collections.abc import Iterable

from django.db import connection, transaction

from registration.models import AdministrativeUnit, IdentityTally, UnitKind

_LOCK = 7_242_102  # of the advisory lock of a count, with the province

_COUNT = """
    INSERT INTO registration_identitytally (province_id, result, mismatched, people, counted_at)
    SELECT c.province_id, c.identity_check, '', count(*), %(now)s
      FROM registration_citizen c
     WHERE c.merged_into_id IS NULL AND c.province_id = %(province)s
       AND c.identity_check IN (
           'not_checked', 'matched', 'mismatched', 'malformed_id', 'no_id')
     GROUP BY 1, 2
    UNION ALL
    SELECT c.province_id, c.identity_check, named.field, count(*), %(now)s
      FROM registration_citizen c
     CROSS JOIN LATERAL (
           SELECT r.mismatched FROM registration_identitycheckrow r
            WHERE r.citizen_id = c.id AND r.result = 'mismatched'
            ORDER BY r.answered_at DESC, r.id DESC LIMIT 1) latest
     CROSS JOIN LATERAL jsonb_array_elements_text(latest.mismatched) AS named(field)
     WHERE c.merged_into_id IS NULL AND c.province_id = %(province)s
       AND c.identity_check = 'mismatched'
     GROUP BY 1, 2, 3
"""


def count_all_checks(now: datetime.datetime) -> int:
    """Count every province; returns how many counts there are."""
    provinces = AdministrativeUnit.objects.filter(kind=UnitKind.PROVINCE).values_list(
        "pk", flat=True
    )
    return count_checks(provinces=list(provinces), now=now)


def count_checks(*, provinces: Iterable[int], now: datetime.datetime) -> int:
    """Count the people of each of `provinces` (keys) anew; returns how many counts there are."""
    return sum(_count(province, now) for province in provinces)


@transaction.atomic
def _count(province: int, now: datetime.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, province])
        IdentityTally.objects.filter(province=province).delete()
        cursor.execute(_COUNT, {"now": now, "province": province})
        counted: int = cursor.rowcount
    return counted
