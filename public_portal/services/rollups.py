"""Keeping the rollups: count again what changed, or everything, never add to a counter.

`refresh_statistics` costs what changed. Whoever holds the advisory lock is the only one to take
marks (DirtyDay) away, and takes them before it counts: a dose that commits later has brought a
mark of its own, which stays for the next time.
"""

import datetime
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from public_portal.services import counting

LOCK = 0x7661785F73746174  # "vax_stat"
MARKS_AT_A_TIME = 5_000
Pairs = set[tuple[int, datetime.date]]


@transaction.atomic
def refresh_statistics(*, limit: int = MARKS_AT_A_TIME) -> int:
    """Count again the days of up to `limit` marks, oldest first; returns how many marks that were.

    Returns 0 where nothing is marked, or while somebody else is counting.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")  # no one waits for this on a page
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return _refresh(cursor, limit) if cursor.fetchone()[0] else 0


def refresh_all_statistics(now: datetime.datetime) -> int:  # noqa: ARG001 - a chore's signature
    """The chore: refresh until no full batch of marks is left; returns the marks done."""
    done = batch = refresh_statistics()
    while batch == MARKS_AT_A_TIME:
        batch = refresh_statistics()
        done += batch
    return done


def _refresh(cursor: Any, limit: int) -> int:
    # One bound and not a list: a plan made while the table was empty compared each mark with each.
    # Both parts see the same rows, so a mark that commits meanwhile with a lower id stays.
    cursor.execute(
        """
        DELETE FROM public_portal_dirtyday
         WHERE id <= (SELECT max(id)
                        FROM (SELECT id FROM public_portal_dirtyday ORDER BY id LIMIT %s) oldest)
        RETURNING province_id, site_id, day
        """,
        [limit],
    )
    marks = cursor.fetchall()
    if marks:
        _count_sites(cursor, {(site, day) for _province, site, day in marks if site is not None})
        _count_provinces(cursor, {(province, day) for province, _site, day in marks})
        _next_version(cursor)
    return len(marks)


def _arrays(pairs: Pairs) -> list[list[Any]]:
    """Place ids and days, as the two arrays that `unnest` takes."""
    ordered = sorted(pairs)
    return [[place for place, _day in ordered], [day for _place, day in ordered]]


def _count_sites(cursor: Any, pairs: Pairs) -> None:
    arrays = _arrays(pairs)
    for table, columns, counted in (
        ("siteday", counting.SITE_COLUMNS, counting.site_days(counting.DOSES_OF_DAYS)),
        ("lateentry", counting.ENTRY_COLUMNS, counting.late_entries(counting.DOSES_OF_DAYS)),
    ):
        cursor.execute(
            f"""
            DELETE FROM public_portal_{table} t
             USING unnest(%s::bigint[], %s::date[]) k (place, day)
             WHERE t.site_id = k.place AND t.day = k.day
            """,  # noqa: S608
            arrays,
        )
        cursor.execute(
            f"INSERT INTO public_portal_{table} ({columns}) {counted}",  # noqa: S608
            arrays,
        )


def _count_provinces(cursor: Any, pairs: Pairs) -> None:
    arrays = _arrays(pairs)
    cursor.execute(
        """
        DELETE FROM public_portal_provinceday t
         USING unnest(%s::bigint[], %s::date[]) k (place, day)
         WHERE t.province_id = k.place AND t.day = k.day
        """,
        arrays,
    )
    counted = counting.province_days(counting.OF_DAYS)
    cursor.execute(
        f"INSERT INTO public_portal_provinceday ({counting.PROVINCE_COLUMNS}) {counted}",  # noqa: S608
        arrays * 2,
    )


def _next_version(cursor: Any) -> None:
    cursor.execute(
        """
        INSERT INTO public_portal_statisticsversion AS v (id, number, counted_at)
        VALUES (1, 1, now())
        ON CONFLICT (id) DO UPDATE SET number = v.number + 1, counted_at = now()
        """
    )


# ── the recount ───────────────────────────────────────────────────────────────────────────────
# What a full counting finds otherwise than the rollups have it. Days that are marked are left
# out: they are known to be behind, and their next refresh puts them right.
_SITE_DRIFT = """
    SELECT site_id, day, vaccine_id, to_jsonb(t) - 'id' AS stored, to_jsonb(c) AS counted
      FROM public_portal_siteday t FULL JOIN {counted} c USING (site_id, day, vaccine_id)
     WHERE (to_jsonb(t) - 'id') IS DISTINCT FROM to_jsonb(c)
       AND NOT EXISTS (SELECT 1 FROM public_portal_dirtyday m
                        WHERE m.site_id = COALESCE(t.site_id, c.site_id)
                          AND m.day = COALESCE(t.day, c.day))
"""
_PROVINCE_DRIFT = """
    SELECT province_id, day, NULL::bigint, to_jsonb(t) - 'id' AS stored, to_jsonb(c) AS counted
      FROM public_portal_provinceday t FULL JOIN {counted} c USING (province_id, day)
     WHERE (to_jsonb(t) - 'id') IS DISTINCT FROM to_jsonb(c)
       AND NOT EXISTS (SELECT 1 FROM public_portal_dirtyday m
                        WHERE m.province_id = COALESCE(t.province_id, c.province_id)
                          AND m.day = COALESCE(t.day, c.day))
"""
_ENTRY_DRIFT = """
    SELECT site_id, day, entered_on, to_jsonb(t) - 'id' AS stored, to_jsonb(c) AS counted
      FROM public_portal_lateentry t FULL JOIN {counted} c USING (site_id, day, entered_on)
     WHERE (to_jsonb(t) - 'id') IS DISTINCT FROM to_jsonb(c)
       AND NOT EXISTS (SELECT 1 FROM public_portal_dirtyday m
                        WHERE m.site_id = COALESCE(t.site_id, c.site_id)
                          AND m.day = COALESCE(t.day, c.day))
"""
_COUNTED = ("doses", "recorded", *counting.COUNTS, "reported", "reported_first")
_COVERED = ("covered", "covered_first", "province_id")
Row = dict[str, int]  # empty where there is none
# Place, day, and what else names the row: the vaccine, the day of entry, or nothing.
Drift = Sequence[tuple[int, datetime.date, int | datetime.date | None, Row, Row]]


def _all_site_days() -> str:
    return counting.site_days(counting.ALL_DOSES)


def _all_late_entries() -> str:
    return counting.late_entries(counting.ALL_DOSES)


def _all_province_days() -> str:
    return counting.province_days(counting.OF_ALL, sites=f"({_all_site_days()})")


def _drift(cursor: Any, question: str, counted: str) -> Drift:
    cursor.execute(question.format(counted=counted) + " ORDER BY 2, 1, 3")
    return [
        (place, day, part, json.loads(stored or "{}"), json.loads(found or "{}"))
        for place, day, part, stored, found in cursor.fetchall()
    ]


_LATE = "late entry of site"
_PARTS = {"site": "vaccine", _LATE: "entered on"}


def _sentences(kind: str, drift: Drift) -> list[str]:
    """A line a row: the place's id, the day, and each figure as stored → as counted."""
    lines = []
    for place, day, part, before, after in drift:
        names = [*_COUNTED, *_COVERED]
        differing = [n for n in names if before.get(n) != after.get(n)]
        changes = ", ".join(f"{n} {before.get(n)} -> {after.get(n)}" for n in differing)
        of_part = f" {_PARTS.get(kind, '')} {part}" if part else ""
        lines.append(f"{kind} {place} {day}{of_part}: {changes}")
    return lines


def drift_from_a_recount() -> list[str]:
    """The invariant `statistics_equal_a_recount`: one line for each row that a recount finds
    otherwise, ids only. Reads; days that wait to be counted again are left out."""
    with connection.cursor() as cursor:
        return [
            *_sentences("site", _drift(cursor, _SITE_DRIFT, f"({_all_site_days()})")),
            *_sentences("province", _drift(cursor, _PROVINCE_DRIFT, f"({_all_province_days()})")),
            *_sentences(_LATE, _drift(cursor, _ENTRY_DRIFT, f"({_all_late_entries()})")),
        ]


@transaction.atomic
def rebuild_statistics(*, report: Callable[[str], object] = lambda line: None) -> int:
    """Count everything anew, hand each line of drift to `report`, put it right; returns how many
    rows had drifted.

    Waits for a counting under way. What is marked is refreshed first, so that it is no drift; what
    is recorded meanwhile is marked, and left to the next refresh.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        while _refresh(cursor, MARKS_AT_A_TIME) == MARKS_AT_A_TIME:
            pass
        _recount(cursor)
        sites = _drift(cursor, _SITE_DRIFT, "recounted_siteday")
        provinces = _drift(cursor, _PROVINCE_DRIFT, "recounted_provinceday")
        entries = _drift(cursor, _ENTRY_DRIFT, "recounted_lateentry")
        for kind, found in (("site", sites), ("province", provinces), (_LATE, entries)):
            for line in _sentences(kind, found):
                report(line)
        _replace(cursor, sites, "siteday", counting.SITE_COLUMNS)
        _replace(cursor, provinces, "provinceday", counting.PROVINCE_COLUMNS)
        _replace(cursor, entries, "lateentry", counting.ENTRY_COLUMNS)
        if sites or provinces or entries:
            _next_version(cursor)
        cursor.execute("DROP TABLE recounted_siteday, recounted_provinceday, recounted_lateentry")
    return len(sites) + len(provinces) + len(entries)


def _recount(cursor: Any) -> None:
    """Fill temporary tables recounted_…, shaped like the rollups."""
    for table, columns, counted in (
        ("siteday", counting.SITE_COLUMNS, _all_site_days()),
        (
            "provinceday",
            counting.PROVINCE_COLUMNS,
            counting.province_days(counting.OF_ALL, sites="recounted_siteday"),
        ),
        ("lateentry", counting.ENTRY_COLUMNS, _all_late_entries()),
    ):
        # Same columns and types, so that equal rows are equal as JSON; the id is not compared.
        cursor.execute(
            f"CREATE TEMP TABLE recounted_{table} AS"  # noqa: S608
            f" SELECT {columns} FROM public_portal_{table} WITH NO DATA"
        )
        cursor.execute(f"INSERT INTO recounted_{table} ({columns}) {counted}")  # noqa: S608


def _replace(cursor: Any, drift: Drift, table: str, columns: str) -> None:
    """Put the recounted rows of every place and day with drift in place of the stored ones."""
    arrays = _arrays({(place, day) for place, day, *_rest in drift})
    place = "province_id" if table == "provinceday" else "site_id"
    keys = f"unnest(%s::bigint[], %s::date[]) k (place, on_day) WHERE {place} = k.place"
    cursor.execute(
        f"DELETE FROM public_portal_{table} t USING {keys} AND t.day = on_day",  # noqa: S608
        arrays,
    )
    cursor.execute(
        f"INSERT INTO public_portal_{table} ({columns})"  # noqa: S608
        f" SELECT {columns} FROM recounted_{table} t, {keys} AND t.day = on_day",
        arrays,
    )
