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
from public_portal.services.counting import (
    OF_PROVINCES,
    OF_SITES,
    PROVINCE_DAY,
    RESIDENCE_DAY,
    ROLLUPS,
    SITE_RESIDENCE,
    Rollup,
)
from public_portal.services.restatements import (
    Mark,
    log_recount,
    log_restatements,
    published_of,
)

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
    marks = _take_marks(cursor, limit)
    if marks:
        before = published_of(cursor, marks)
        _count_marked(cursor, marks)
        log_restatements(cursor, before)
        _next_version(cursor)
    return len(marks)


def _take_marks(cursor: Any, limit: int) -> list[Mark]:
    # One bound and not a list: a plan made while the table was empty compared each mark with each.
    # Both parts see the same rows, so a mark that commits meanwhile with a lower id stays.
    cursor.execute(
        """
        DELETE FROM public_portal_dirtyday
         WHERE id <= (SELECT max(id)
                        FROM (SELECT id FROM public_portal_dirtyday ORDER BY id LIMIT %s) oldest)
        RETURNING province_id, site_id, day, cause,
                  (marked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date > day
        """,
        [limit],
    )
    return [Mark(*row) for row in cursor.fetchall()]


def _count_marked(cursor: Any, marks: list[Mark]) -> None:
    sites = {(mark.site, mark.day) for mark in marks if mark.site is not None}
    provinces = {(mark.province, mark.day) for mark in marks}
    touched = {
        rollup: _count_again(cursor, rollup, sites, counting.DOSES_OF_DAYS) for rollup in OF_SITES
    }
    for rollup in OF_PROVINCES:
        _count_again(cursor, rollup, provinces, counting.OF_DAYS)
    _count_again(cursor, RESIDENCE_DAY, touched[SITE_RESIDENCE], counting.OF_DAYS)


def _arrays(pairs: Pairs) -> list[list[Any]]:
    """Place ids and days, as the two arrays that `unnest` takes."""
    ordered = sorted(pairs)
    return [[place for place, _day in ordered], [day for _place, day in ordered]]


def _count_again(cursor: Any, rollup: Rollup, pairs: Pairs, what: str) -> Pairs:
    """Put the rows of these places' days anew; returns the part and day of each, of the rows that
    go as of those that come: where a dose's resident is another now, both provinces are named."""
    arrays = _arrays(pairs)
    part = f"{rollup.part or rollup.place}, day"
    cursor.execute(
        f"""
        DELETE FROM {rollup.table} t
         USING unnest(%s::bigint[], %s::date[]) k (place, on_day)
         WHERE t.{rollup.place} = k.place AND t.day = k.on_day
        RETURNING {part}
        """,  # noqa: S608
        arrays,
    )
    touched = set(cursor.fetchall())
    counted = rollup.count(what, rollup.source) if rollup.source else rollup.count(what)
    cursor.execute(
        f"INSERT INTO {rollup.table} ({rollup.columns}) {counted} RETURNING {part}",  # noqa: S608
        arrays * (counted.count("%s") // 2),
    )
    return touched | set(cursor.fetchall())


def _next_version(cursor: Any) -> None:
    cursor.execute(
        """
        INSERT INTO public_portal_statisticsversion AS v (id, number, counted_at)
        VALUES (1, 1, now())
        ON CONFLICT (id) DO UPDATE SET number = v.number + 1, counted_at = now()
        """
    )


# ── the recount ───────────────────────────────────────────────────────────────────────────────
# What a full counting finds otherwise than a rollup has it. Days that are marked are left out:
# they are known to be behind, and their next refresh puts them right.
_DRIFT = """
    SELECT {place}, day, {part}, to_jsonb(t) - 'id' AS stored, to_jsonb(c) AS counted
      FROM {table} t FULL JOIN {counted} c USING ({keys})
     WHERE (to_jsonb(t) - 'id') IS DISTINCT FROM to_jsonb(c)
       AND NOT EXISTS (SELECT 1 FROM public_portal_dirtyday m
                        WHERE m.day = COALESCE(t.day, c.day){of_place})
     ORDER BY 2, 1, 3
"""
Row = dict[str, int]  # empty where there is none
# Place, day, and what else names the row: the vaccine, the residence, the day of entry, or nothing.
Drift = Sequence[tuple[int, datetime.date, int | datetime.date | None, Row, Row]]


def _count_all(rollup: Rollup, source: str = "") -> str:
    """SQL of all its rows: from the doses, or from the rows of `source`."""
    if rollup.source:
        return rollup.count(counting.OF_ALL, source)
    return rollup.count(counting.ALL_DOSES)


def _source_of(rollup: Rollup) -> Rollup:
    return next(each for each in OF_SITES if each.table == rollup.source)


def _drift(cursor: Any, rollup: Rollup, counted: str) -> Drift:
    # A mark names site and province, not where people live: of a marked day all residents wait.
    of_place = f" AND m.{rollup.place} = COALESCE(t.{rollup.place}, c.{rollup.place})"
    cursor.execute(
        _DRIFT.format(
            table=rollup.table,
            counted=counted,
            keys=", ".join(rollup.keys),
            place=rollup.place,
            part=rollup.part or "NULL::bigint",
            of_place="" if rollup is RESIDENCE_DAY else of_place,
        )
    )
    return [
        (place, day, part, json.loads(stored or "{}"), json.loads(found or "{}"))
        for place, day, part, stored, found in cursor.fetchall()
    ]


def _sentences(rollup: Rollup, drift: Drift) -> list[str]:
    """A line a row: the place's id, the day, and each figure as stored → as counted."""
    lines = []
    for place, day, part, before, after in drift:
        differing = [n for n in rollup.figures if before.get(n) != after.get(n)]
        changes = ", ".join(f"{n} {before.get(n)} -> {after.get(n)}" for n in differing)
        of_part = f" {rollup.part.removesuffix('_id').replace('_', ' ')} {part}" if part else ""
        lines.append(f"{rollup.name} {place} {day}{of_part}: {changes}")
    return lines


def drift_from_a_recount() -> list[str]:
    """The invariant `statistics_equal_a_recount`: one line for each row that a recount finds
    otherwise, ids only. Reads; days that wait to be counted again are left out."""
    lines = []
    with connection.cursor() as cursor:
        for rollup in ROLLUPS:
            source = f"({_count_all(_source_of(rollup))})" if rollup.source else ""
            counted = f"({_count_all(rollup, source)})"
            lines += _sentences(rollup, _drift(cursor, rollup, counted))
    return lines


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
        drifted = 0
        for rollup in ROLLUPS:
            drift = _drift(cursor, rollup, _recounted(rollup.table))
            for line in _sentences(rollup, drift):
                report(line)
            _replace(cursor, rollup, drift)
            if rollup is PROVINCE_DAY:
                log_recount(cursor, [((row[0], row[1]), row[3], row[4]) for row in drift])
            drifted += len(drift)
        if drifted:
            _next_version(cursor)
        cursor.execute(f"DROP TABLE {', '.join(_recounted(r.table) for r in ROLLUPS)}")
    return drifted


def _recounted(table: str) -> str:
    """The temporary table with the recounted rows of a rollup."""
    return f"recounted_{table.removeprefix('public_portal_')}"


def _recount(cursor: Any) -> None:
    """Fill temporary tables recounted_…, shaped like the rollups."""
    for rollup in ROLLUPS:
        # Same columns and types, so that equal rows are equal as JSON; the id is not compared.
        cursor.execute(
            f"CREATE TEMP TABLE {_recounted(rollup.table)} AS"  # noqa: S608
            f" SELECT {rollup.columns} FROM {rollup.table} WITH NO DATA"
        )
        cursor.execute(
            f"INSERT INTO {_recounted(rollup.table)} ({rollup.columns})"  # noqa: S608
            f" {_count_all(rollup, _recounted(rollup.source))}"
        )


def _replace(cursor: Any, rollup: Rollup, drift: Drift) -> None:
    """Put the recounted rows of every place and day with drift in place of the stored ones."""
    arrays = _arrays({(place, day) for place, day, *_rest in drift})
    keys = f"unnest(%s::bigint[], %s::date[]) k (place, on_day) WHERE {rollup.place} = k.place"
    cursor.execute(
        f"DELETE FROM {rollup.table} t USING {keys} AND t.day = on_day",  # noqa: S608
        arrays,
    )
    cursor.execute(
        f"INSERT INTO {rollup.table} ({rollup.columns})"  # noqa: S608
        f" SELECT {rollup.columns} FROM {_recounted(rollup.table)} t, {keys} AND t.day = on_day",
        arrays,
    )
