"""The log of restatements, written by the counting itself: what it changed of a published day.

A day is published when it is over: its figures are restated by what is marked on a later day in
Viet Nam. The first counting of all restates nothing, and neither does the first report of a day:
before it there was no figure. Costs what is counted again, whatever the length of the history.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from public_portal.models import Cause, RestatedFigure

Key = tuple[int, datetime.date]  # province and day
Figures = Mapping[str, int | None]
NO_FIGURES: Figures = {
    figure.value: None if figure.startswith("reported") else 0 for figure in RestatedFigure
}
OF_REPORTS = frozenset({Cause.REPORT, Cause.RECOUNT})
_FIGURES = ", ".join(RestatedFigure)


@dataclass(frozen=True)
class Mark:
    """A day to be counted again (models.DirtyDay). `is_late`: marked after the day was over."""

    province: int
    site: int | None
    day: datetime.date
    cause: str
    is_late: bool


@dataclass(frozen=True)
class Published:
    """What stood for some published days before they were counted again, and why they are."""

    causes: Mapping[Key, set[str]]
    figures: Mapping[Key, Figures]


def published_of(cursor: Any, marks: Iterable[Mark]) -> Published:
    """The figures, as they stand, of those days among `marks` that are published."""
    causes: defaultdict[Key, set[str]] = defaultdict(set)
    late = set()
    for mark in marks:
        causes[mark.province, mark.day].add(mark.cause)
        if mark.is_late:
            late.add((mark.province, mark.day))
    if not late or not _was_counted_before(cursor):
        return Published({}, {})
    return Published({key: causes[key] for key in late}, _figures(cursor, late))


def _was_counted_before(cursor: Any) -> bool:
    cursor.execute("SELECT EXISTS (SELECT 1 FROM public_portal_statisticsversion)")
    return bool(cursor.fetchone()[0])


def _figures(cursor: Any, keys: Iterable[Key]) -> dict[Key, Figures]:
    ordered = sorted(keys)
    cursor.execute(
        f"""
        SELECT p.province_id, p.day, {_FIGURES}
          FROM unnest(%s::bigint[], %s::date[]) k (province_id, day)
          JOIN public_portal_provinceday p USING (province_id, day)
        """,  # noqa: S608
        [[province for province, _day in ordered], [day for _province, day in ordered]],
    )
    return {
        (province, day): dict(zip(RestatedFigure.values, figures, strict=True))
        for province, day, *figures in cursor.fetchall()
    }


def log_restatements(cursor: Any, before: Published) -> None:
    """Write down what became of `before` in the counting that has just been made."""
    if not before.causes:
        return
    after = _figures(cursor, before.causes)
    changes = []
    for key, causes in before.causes.items():
        then, now = before.figures.get(key, NO_FIGURES), after.get(key, NO_FIGURES)
        changes += [
            (*key, figure, then[figure], now[figure], cause_of(causes, figure))
            for figure in NO_FIGURES
            if then[figure] != now[figure]
        ]
    _write(cursor, changes)


def cause_of(causes: set[str], figure: str) -> str:
    """The one that changed the figure: reports change what is reported, doses the rest. A join of
    records is also a move of their doses; that is one cause and not two."""
    about = causes & OF_REPORTS if figure.startswith("reported") else causes - {Cause.REPORT}
    if Cause.JOINED in about:
        about = about - {Cause.MOVED}
    if len(about) > 1:
        return Cause.SEVERAL
    return next(iter(about), Cause.RECOUNT)


def log_recount(
    cursor: Any, drift: Iterable[tuple[Key, Mapping[str, int], Mapping[str, int]]]
) -> None:
    """Write down what a rebuild put right: (province and day, the stored row, the counted one)."""
    changes = []
    if not _was_counted_before(cursor):
        return
    for key, stored, counted in drift:
        then, now = {**NO_FIGURES, **stored}, {**NO_FIGURES, **counted}
        changes += [
            (*key, figure, then[figure], now[figure], Cause.RECOUNT)
            for figure in NO_FIGURES
            if then[figure] != now[figure]
        ]
    _write(cursor, changes)


_TODAY = "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
_ADDED = ", ".join(
    f"by_{cause} = r.by_{cause} + CASE WHEN k.cause = '{cause}'"
    " THEN COALESCE(k.after, 0) - COALESCE(r.after, 0) ELSE 0 END"
    for cause in Cause.values
)
_CAUSED = ", ".join(
    f"CASE WHEN k.cause = '{cause}' THEN COALESCE(k.after, 0) - COALESCE(k.before, 0) ELSE 0 END"
    for cause in Cause.values
)
# One row a day of publication: the first change of the day makes it, the next ones add to it. Of a
# figure that was not there before, only what was logged already goes on.
_WRITE = f"""
    WITH k AS MATERIALIZED (
        SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::int[], %s::int[], %s::text[])
            AS k (province_id, day, figure, before, after, cause)
         WHERE day < {_TODAY}
    ), added AS (
        UPDATE public_portal_restatement r SET after = k.after, {_ADDED}
          FROM k
         WHERE r.restated_on = {_TODAY} AND r.province_id = k.province_id AND r.day = k.day
           AND r.figure = k.figure
        RETURNING r.province_id, r.day, r.figure
    )
    INSERT INTO public_portal_restatement
           (restated_on, province_id, day, figure, before, after,
            {", ".join(f"by_{cause}" for cause in Cause.values)})
    SELECT {_TODAY}, k.province_id, k.day, k.figure, k.before, k.after, {_CAUSED}
      FROM k
      LEFT JOIN added USING (province_id, day, figure)
     WHERE added.figure IS NULL
       AND (k.before IS NOT NULL
            OR EXISTS (SELECT 1 FROM public_portal_restatement e
                        WHERE e.province_id = k.province_id AND e.day = k.day
                          AND e.figure = k.figure))
"""  # noqa: S608


def _write(cursor: Any, changes: Sequence[tuple[Any, ...]]) -> None:
    if changes:
        cursor.execute(_WRITE, list(map(list, zip(*changes, strict=True))))
