"""What pages read about an import: its progress, its reasons, its rows that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sites.import_words import field_name, reason_sentence, written
from sites.models import DoseImport, ImportedRow, MatchedBy, RowOutcome
from sites.services.import_outcomes import DOUBTFUL
from vaxplatform import formatting

MOST_NAME = 60  # characters in a list
DECIDED_ABOUT_PEOPLE = Q(matched_by=MatchedBy.DECIDED, candidates__isnull=False)


# ── progress ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Progress:
    """`total` and `percent` are None where only reading the file tells."""

    done: int
    total: int | None
    percent: int | None
    rate: float  # rows a second
    seconds_left: int | None

    @property
    def sentence(self) -> str:
        if not self.total:
            return _("%(done)s rows are dealt with.") % {"done": formatting.number(self.done)}
        return _("%(done)s of %(total)s rows are dealt with.") % {
            "done": formatting.number(self.done),
            "total": formatting.number(self.total),
        }

    @property
    def pace(self) -> str:
        if not self.done:
            return _("It starts in a few seconds, when its turn has come.")
        parts = [
            _("%(rate)s rows a second")
            % {"rate": formatting.number(self.rate, 0 if self.rate >= 10 else 1)}
        ]
        if self.seconds_left is not None:
            parts.append(_time_left(self.seconds_left))
        return " · ".join(parts)


def progress_of(batch: DoseImport) -> Progress:
    """How far the work is. The pace is that since the yes, waiting included."""
    started = batch.started_at or timezone.now()
    passed = ((batch.finished_at or timezone.now()) - started).total_seconds()
    rate = batch.rows_done / max(passed, 1)
    left = batch.rows_total - batch.rows_done if batch.rows_total else None
    return Progress(
        done=batch.rows_done,
        total=batch.rows_total,
        percent=min(100, batch.rows_done * 100 // batch.rows_total) if batch.rows_total else None,
        rate=rate,
        seconds_left=max(0, round(left / rate)) if left is not None and rate else None,
    )


def _time_left(seconds: int) -> str:
    if seconds < 60:
        text = ngettext("%(count)s second left", "%(count)s seconds left", seconds)
        return text % {"count": seconds}
    minutes = round(seconds / 60)
    return ngettext("%(count)s minute left", "%(count)s minutes left", minutes) % {"count": minutes}


# ── reasons ───────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class RankedReason:
    """A reason, and for how many doses of the file it was the first one."""

    code: str
    outcome: str
    count: int
    sentence: str


def reasons_of(batch: DoseImport) -> list[RankedReason]:
    """Why doses of this file were not recorded, and what is noted about those that were, the most
    frequent first."""
    rows = batch.rows.exclude(reasons=[])
    found = (
        rows.annotate(code=KT("reasons__0__code"), about=KT("reasons__0__field"))
        .values("code", "about", "outcome")
        .annotate(count=Count("pk"))
        .order_by("-count", "code")
    )
    return [
        RankedReason(
            row["code"],
            row["outcome"],
            row["count"],
            _in_general(row["code"], row["about"] or ""),
        )
        for row in found
    ]


def _in_general(code: str, about: str) -> str:
    """The sentence for many rows: without the day or the row that one of them would name."""
    general = {
        "row_twice_in_file": _("The same dose stands in this file more than once."),
        "dose_on_record": _("The dose was on record already."),
        "no_such_day": _("There is no such day."),
        "dose_was_voided": _("The dose was on record and was taken back since."),
        "row_left_out": _("Left out by a person."),
        "interval_too_short": _("Too few days after the previous dose."),
        "dose_year_is_buddhist": _("The year is one of the Buddhist calendar."),
        "buddhist_year": _("The year is one of the Buddhist calendar."),
    }
    if code in general:
        name = field_name(about)
        return f"{name}: {general[code]}" if name else general[code]
    sentence = reason_sentence({"code": code, "field": about, "params": {}})
    # A part that would name a number of one row is left out.
    parts = [part.rstrip(".") for part in sentence.split(". ") if "%(" not in part]
    return f"{'. '.join(parts)}." if parts else f"{field_name(about)}: {_('this cannot be right.')}"


# ── rows ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Waiting:
    """Held rows: those where somebody must say who is meant, and those that wait for a thing."""

    people: int
    things: int
    places: int  # of the things: rows that name another place than this site

    @property
    def total(self) -> int:
        return self.people + self.things


def held_rows(batch: DoseImport, code: str = "") -> "QuerySet[ImportedRow]":
    """The rows that wait for a person, in the file's order; with `code` those of that reason."""
    rows = batch.rows.filter(outcome=RowOutcome.HELD, decided_at=None)
    if code:
        rows = rows.filter(reasons__0__code=code)
    return rows.order_by("line", "part")


def waiting_of(batch: DoseImport) -> Waiting:
    counts = held_rows(batch).aggregate(
        people=Count("pk", filter=Q(candidates__isnull=False)),
        things=Count("pk", filter=Q(candidates__isnull=True)),
        places=Count("pk", filter=Q(reasons__contains=[{"code": "dose_given_elsewhere"}])),
    )
    return Waiting(**counts)


def next_held(batch: DoseImport, after: tuple[int, int], code: str = "") -> ImportedRow | None:
    """The held row behind a place in the file, else the first one."""
    line, part = after
    rows = held_rows(batch, code)
    behind = Q(line__gt=line) | Q(line=line, part__gt=part)
    return rows.filter(behind).first() or rows.exclude(line=line, part=part).first()


def held_reasons(batch: DoseImport) -> Sequence[RankedReason]:
    """The reasons of the rows that wait, for the filter."""
    return [reason for reason in reasons_of(batch) if reason.outcome == RowOutcome.HELD]


def matched_rows(batch: DoseImport) -> "QuerySet[ImportedRow]":
    """Recorded doses whose person was known without a number, or told by somebody."""
    return (
        batch.rows.filter(Q(matched_by__in=DOUBTFUL) | DECIDED_ABOUT_PEOPLE)
        .filter(outcome=RowOutcome.RECORDED, dose__isnull=False)
        .select_related("citizen", "dose", "decided_by")
        .order_by("line", "part")
    )


def name_in(batch: DoseImport, cells: Sequence[Any]) -> str:
    """The name in a row as it stands there, for a list."""
    columns = batch.columns.items()
    position = next((int(p) for p, (name, _part) in columns if name == "full_name"), len(cells))
    cell = cells[position] if position < len(cells) else None
    return written(cell)[:MOST_NAME] if cell is not None else "–"
