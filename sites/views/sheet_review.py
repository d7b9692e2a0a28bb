"""Paper sheets once typed: sums, the comparison of two entries, the record, the error rates."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from registration.models import Sex
from sites import exceptions, rights
from sites.models import PaperSheet, SheetEntry, SheetState
from sites.rights import StaffRequest, own_site, staff_page
from sites.services import sheet_comparison as comparison
from sites.services import sheets
from sites.services.sheet_comparison import FIRST, OTHER, SECOND, Choice
from sites.services.sheet_rows import ROW, Question, RowRead, Sums, plain, sums_of
from sites.views.desk import frame
from sites.views.sheets import LABELS, error_texts, has_photo, sheet_here
from vaxplatform.database import retried
from vaxplatform.errors import DomainError

RATES_OF_DAYS: Final = 90


# ── the sheet: sums and record ────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class SumLine:
    number: int
    by_sex: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.by_sex)


@dataclass(frozen=True)
class UnreadableRow:
    line: int
    name: str
    reasons: Sequence[tuple[Any, str]]


@staff_page(rights.ENTER_PAPER)
def show_sheet(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Where the sheet is; typed, its sums beside the paper's and the button that records it."""
    sheet, now = sheet_here(request, public_id), timezone.now()
    refusal, reason = "", request.POST.get("difference", "")
    if request.method == "POST":
        try:
            retried(
                lambda: sheets.record_sheet(
                    sheet=sheet, by=request.user, now=now, difference=reason
                )
            )
        except exceptions.SumsDiffer as error:
            refusal = error.detail
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("sites_staff:sheet", sheet.public_id)
        else:
            messages.success(request, gettext("The sheet is recorded."))
            return redirect("sites_staff:sheet", sheet.public_id)
    context = {
        **_standing(request, sheet),
        **_sums(sheet, now),
        "refusal": refusal,
        "reason": reason,
        "has_photo": has_photo(sheet),
    }
    status = 400 if refusal else 200
    return render(
        request, "sites/sheets/sheet.html", frame(request, None, **context), status=status
    )


def _standing(request: StaffRequest, sheet: PaperSheet) -> dict[str, Any]:
    """Who types it, and what whoever looks can do."""
    entries = list(
        sheet.entries.select_related("by")
        .prefetch_related("takeovers__typed_by")
        .order_by("number")
    )
    mine = next((entry for entry in entries if entry.by_id == request.user.pk), None)
    is_free = mine is None and len(entries) < len(sheets.numbers_of(sheet))
    can_reopen = (
        mine is not None
        and mine.finished_at is not None
        and sheet.state != SheetState.RECORDED
        and not (sheet.double_entry and sheet.state != SheetState.OPEN)
    )
    return {
        "sheet": sheet,
        "entries": [(entry, _can_take_over(request, sheet, entry, mine)) for entry in entries],
        "can_type": sheet.state == SheetState.OPEN
        and (is_free or (mine is not None and mine.finished_at is None)),
        "can_reopen": can_reopen and sheet.forgotten_at is None,
        "can_compare": sheet.double_entry
        and sheet.state in (SheetState.TYPED, SheetState.COMPARED)
        and sheet.forgotten_at is None,
    }


def _can_take_over(
    request: StaffRequest, sheet: PaperSheet, entry: SheetEntry, mine: SheetEntry | None
) -> bool:
    """As `sheets.take_over_entry` would have it."""
    return (
        mine is None
        and rights.role_allows(request.user, rights.TAKE_OVER_SHEETS)
        and sheet.state != SheetState.RECORDED
        and sheet.forgotten_at is None
        and not (sheet.double_entry and entry.finished_at)
    )


def _sums(sheet: PaperSheet, now: datetime.datetime) -> dict[str, Any]:
    ready = SheetState.COMPARED if sheet.double_entry else SheetState.TYPED
    if sheet.state not in (ready, SheetState.RECORDED) or sheet.forgotten_at is not None:
        return {"can_record": False}
    rows = sheets.read_rows(sheet, sheets.agreed_rows(sheet), now=now)
    sums = sums_of(sheet, rows)
    return {
        "can_record": sheet.state == ready,
        "sums": sums,
        "sexes": [label for _value, label in sexes_of(sums)],
        "lines": _lines(sums),
        "unreadable": [_unreadable(row) for row in rows if not row.is_readable],
    }


def sexes_of(sums: Sums) -> list[tuple[str, Any]]:
    """Women and men, and others where there are any."""
    found = {sex for _number, sex in sums.table}
    usual = (Sex.FEMALE, Sex.MALE)
    others = [sex for sex in Sex if sex not in usual and sex.value in found]
    return [(sex.value, sex.label) for sex in (*usual, *others)]


def _lines(sums: Sums) -> list[SumLine]:
    sexes = [value for value, _label in sexes_of(sums)]
    return [
        SumLine(number, [sums.table.get((number, sex), 0) for sex in sexes])
        for number in sums.numbers
    ]


def _unreadable(row: RowRead) -> UnreadableRow:
    reasons = [(LABELS[field], text) for field, text in error_texts(row).items()]
    return UnreadableRow(row.line, row.cells[0], reasons)


# ── two entries ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Asked:
    """A question on the page. `beside`: the name in its row, to find it on the paper."""

    question: Question
    label: Any
    beside: str
    choice: str
    text: str
    is_open: bool

    @property
    def is_row(self) -> bool:
        return self.question.field == ROW


@staff_page(rights.ENTER_PAPER)
def compare_sheet(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The cells that differ, side by side; nobody is told who typed which."""
    sheet, now = sheet_here(request, public_id), timezone.now()
    refusal = ""
    try:
        found = comparison.comparison_of(sheet=sheet, now=now)
        if request.method == "POST":
            choices = choices_of(found.questions, request.POST)
            comparison.compare(sheet=sheet, choices=choices, by=request.user, now=now)
            return redirect("sites_staff:sheet", sheet.public_id)
    except exceptions.QuestionsOpen as error:
        refusal = error.detail
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("sites_staff:sheet", sheet.public_id)
    context = {
        "sheet": sheet,
        "refusal": refusal,
        "asked": asked_of(found, request.POST, tried=bool(refusal)),
        "has_photo": has_photo(sheet),
    }
    status = 400 if refusal else 200
    page = frame(request, None, **context)
    return render(request, "sites/sheets/compare.html", page, status=status)


def choices_of(questions: Sequence[Question], data: Mapping[str, Any]) -> dict[str, Choice]:
    """What was decided; a choice of a text of its own without one is none."""
    choices = {}
    for question in questions:
        taken, text = data.get(question.name, ""), plain(data.get(f"{question.name}-text", ""))
        if taken in (FIRST, SECOND) or (taken == OTHER and text and question.field != ROW):
            choices[question.name] = Choice(taken, text)
    return choices


def asked_of(found: comparison.Comparison, data: Mapping[str, Any], *, tried: bool) -> list[Asked]:
    names = {pair.line: (pair.first or pair.second or [""])[0] for pair in found.pairs}
    decided = choices_of(found.questions, data)
    return [
        Asked(
            question=question,
            label=_("Row only in one entry") if question.field == ROW else LABELS[question.field],
            beside=names[question.line],
            choice=str(data.get(question.name, "")),
            text=str(data.get(f"{question.name}-text", "")),
            is_open=tried and question.name not in decided,
        )
        for question in found.questions
    ]


# ── how well people type ──────────────────────────────────────────────────────────────────────
@require_GET
@staff_page(rights.SEE_TYPISTS)
def typists(request: StaffRequest) -> HttpResponse:
    """For the manager of a site: whose cells were decided otherwise, and how often."""
    since = timezone.now() - datetime.timedelta(days=RATES_OF_DAYS)
    rows = comparison.typists_of(site=own_site(request), since=since)
    context = frame(request, None, typists=rows, days=RATES_OF_DAYS)
    return render(request, "sites/sheets/typists.html", context)
