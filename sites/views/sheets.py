"""Paper sheets: the list, a new one, and the grid in which its rows are typed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from sites import rights
from sites.forms.sheets import SheetForm, SheetPhotoForm
from sites.models import PaperSheet, SheetEntry, SheetState
from sites.models.sheets import MOST_LINES
from sites.rights import StaffRequest, own_site, staff_page
from sites.selectors import lots_of
from sites.services import sheets
from sites.services.sheet_rows import FIELDS, RowRead
from sites.views.desk import frame
from vaxplatform.errors import DomainError, add_to_form

FEWEST_ROWS: Final = 10  # in an empty grid
SPARE_ROWS: Final = 3  # below what is typed
RECENT: Final = 30  # recorded sheets in the list
LABELS: Final = {
    "full_name": _("Full name"),
    "date_of_birth": _("Date of birth"),
    "sex": _("Sex"),
    "phone": _("Phone"),
    "id_number": _("ID number"),
    "health_insurance_number": _("Health insurance"),
    "province_name": _("Other province"),
    "address": _("Address, ward"),
    "dose_number": _("Dose"),
    "notes": _("Note"),
}
KEYPADS: Final = {
    "phone": "tel",
    "id_number": "text",
    "dose_number": "numeric",
}
_CELL: Final = re.compile(r"r([0-9]{1,2})-([a-z_]+)")


# ── the list ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class SheetLine:
    """A sheet in the list and what whoever looks can do with it: "type", "wait" or "look"."""

    sheet: PaperSheet
    action: str


@require_GET
@staff_page(rights.ENTER_PAPER)
def list_sheets(request: StaffRequest) -> HttpResponse:
    """What is to be typed, compared or recorded, and what was recorded lately."""
    rows = sheets_here(request).prefetch_related("entries__by")
    unfinished = rows.exclude(state=SheetState.RECORDED).filter(forgotten_at=None)
    context = {
        "open": [SheetLine(sheet, _action(sheet, request)) for sheet in unfinished[:200]],
        "recorded": rows.filter(state=SheetState.RECORDED)[:RECENT],
        "sees_typists": rights.role_allows(request.user, rights.SEE_TYPISTS),
    }
    return render(request, "sites/sheets/list.html", frame(request, None, **context))


def _action(sheet: PaperSheet, request: StaffRequest) -> str:
    if sheet.state != SheetState.OPEN:
        return "look"
    entries = list(sheet.entries.all())
    mine = next((entry for entry in entries if entry.by_id == request.user.pk), None)
    if mine is not None:
        return "wait" if mine.finished_at else "type"
    return "type" if len(entries) < len(sheets.numbers_of(sheet)) else "wait"


def sheets_here(request: StaffRequest) -> QuerySet[PaperSheet]:
    """The sheets of the own site, newest first, without their photos."""
    rows = PaperSheet.objects.filter(site=own_site(request)).defer("photo", "agreed")
    return rows.select_related("site", "lot__vaccine", "province", "batch").order_by("-created_at")


def sheet_here(request: StaffRequest, public_id: Any) -> PaperSheet:
    """A sheet of the own site; 404 for any other."""
    return get_object_or_404(sheets_here(request), public_id=public_id)


# ── a new one ─────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def new_sheet(request: StaffRequest) -> HttpResponse:
    """What its rows have in common; the next sheet starts with the same."""
    site = own_site(request)
    remembered = request.session.get("paper_sheet", {})
    form = SheetForm(
        request.POST or None,
        request.FILES or None,
        lots=lots_of(site),
        initial={"province": site.province.code, "dose_number": 1, **remembered},
    )
    if request.method == "POST" and form.is_valid():
        try:
            sheet = sheets.open_sheet(
                site=site, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            request.session["paper_sheet"] = form.to_remember()
            return redirect("sites_staff:sheet_rows", sheet.public_id)
    return render(
        request,
        "sites/sheets/new.html",
        frame(request, None, form=form),
        status=400 if form.errors else 200,
    )


# ── the photo ─────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def sheet_photo(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The picture itself; sent to, it is put beside the rows."""
    sheet = sheet_here(request, public_id)
    if request.method != "POST":
        content = sheets.photo_of(sheet)
        if content is None:
            raise Http404
        return HttpResponse(content, content_type="image/jpeg")
    form = SheetPhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            sheets.keep_photo(sheet=sheet, content=form.cleaned_data["photo"], now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
    if form.errors:
        context = frame(request, None, form=form, sheet=sheet)
        return render(request, "sites/sheets/photo.html", context, status=400)
    messages.success(request, gettext("The photo stands beside the rows."))
    return redirect(_back_from_photo(sheet, request))


def _back_from_photo(sheet: PaperSheet, request: StaffRequest) -> str:
    typing = sheet.entries.filter(by=request.user, finished_at=None).exists()
    name = "sites_staff:sheet_rows" if typing else "sites_staff:sheet"
    return reverse(name, args=[sheet.public_id])


# ── the grid ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class GridCell:
    field: str
    name: str
    label: Any
    value: str
    keypad: str
    error: str


@dataclass(frozen=True)
class GridRow:
    line: int
    cells: Sequence[GridCell]
    is_empty: bool

    @property
    def first_error(self) -> str:
        """The name of the first cell to mend; "" for none."""
        return next((cell.name for cell in self.cells if cell.error), "")


@staff_page(rights.ENTER_PAPER)
def type_rows(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The rows of a sheet. Everything that is sent is kept; what cannot be read says so."""
    sheet, now = sheet_here(request, public_id), timezone.now()
    try:
        entry = sheets.begin_entry(sheet=sheet, by=request.user, now=now)
        if request.method == "POST":
            return _sent(request, sheet, entry)
    except DomainError as refusal:
        if request.POST.get("do") == "row":  # the script says it beside the row
            return JsonResponse({"detail": refusal.detail}, status=409)
        messages.error(request, refusal.detail)
        return redirect("sites_staff:sheet", sheet.public_id)
    if entry.finished_at is not None:
        return redirect("sites_staff:sheet", sheet.public_id)
    typed = sheets.rows_of(entry)
    read = sheets.read_rows(sheet, typed, now=now)
    grid = grid_rows(sheet, read)
    first_empty = next((row.line for row in grid if row.is_empty), grid[-1].line)
    context = {
        "sheet": sheet,
        "entry": entry,
        "labels": [(field, LABELS[field]) for field in FIELDS],
        "grid": grid,
        "wrong": [row for row in grid if row.first_error],
        "typed": len(typed),
        "first_empty": first_empty,
        "most_lines": MOST_LINES,
        "photo_form": SheetPhotoForm(),
        "has_photo": has_photo(sheet),
    }
    return render(request, "sites/sheets/rows.html", frame(request, None, **context))


def has_photo(sheet: PaperSheet) -> bool:
    return PaperSheet.objects.filter(pk=sheet.pk, photo__isnull=False).exists()


def grid_rows(sheet: PaperSheet, read: Sequence[RowRead]) -> list[GridRow]:
    """What is typed and room for the rest of the paper."""
    by_line = {row.line: row for row in read}
    last = max(by_line, default=0)
    height = min(MOST_LINES, max(FEWEST_ROWS, sheet.doses_on_paper, last + SPARE_ROWS))
    return [_grid_row(line, by_line.get(line)) for line in range(1, height + 1)]


def _grid_row(line: int, read: RowRead | None) -> GridRow:
    errors = error_texts(read) if read else {}
    values = read.cells if read else [""] * len(FIELDS)
    cells = [
        GridCell(
            field=field,
            name=f"r{line}-{field}",
            label=LABELS[field],
            value=value,
            keypad=KEYPADS.get(field, "text"),
            error=errors.get(field, ""),
        )
        for field, value in zip(FIELDS, values, strict=True)
    ]
    return GridRow(line, cells, read is None)


def error_texts(read: RowRead) -> dict[str, str]:
    """Column → sentence; what belongs to no column stands at the name."""
    texts: dict[str, str] = {}
    for field, refusal in read.errors.items():
        texts.setdefault(field if field in FIELDS else FIELDS[0], refusal.detail)
    return texts


def _sent(request: StaffRequest, sheet: PaperSheet, entry: SheetEntry) -> HttpResponse:
    now = timezone.now()
    rows = typed_rows(request.POST)
    sheets.save_rows(entry=entry, rows=rows, by=request.user, now=now)
    if request.POST.get("do") == "row":
        return _row_answer(sheet, entry, rows)
    if request.POST.get("do") == "finish":
        sheet = sheets.finish_entry(entry=entry, by=request.user, now=now)
        return redirect("sites_staff:sheet", sheet.public_id)
    messages.success(request, gettext("Saved."))
    return redirect("sites_staff:sheet_rows", sheet.public_id)


def typed_rows(data: Mapping[str, Any]) -> dict[int, list[str]]:
    """Line → cells, of the cells named r<line>-<field>."""
    rows: dict[int, list[str]] = {}
    for name in data:
        found = _CELL.fullmatch(name)
        if found and found[2] in FIELDS and 1 <= int(found[1]) <= MOST_LINES:
            row = rows.setdefault(int(found[1]), [""] * len(FIELDS))
            row[FIELDS.index(found[2])] = str(data[name])
    return rows


def _row_answer(
    sheet: PaperSheet, entry: SheetEntry, rows: Mapping[int, Sequence[str]]
) -> HttpResponse:
    """To the script that saved a row as it was left: what of it cannot be read."""
    saved = {line: row for line, row in sheets.rows_of(entry).items() if line in rows}
    read = sheets.read_rows(sheet, saved, now=timezone.now())
    return JsonResponse(
        {
            "errors": {f"r{row.line}-{f}": t for row in read for f, t in error_texts(row).items()},
            "typed": entry.rows.count(),
        }
    )


@require_POST
@staff_page(rights.ENTER_PAPER)
def type_again(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Go on typing one's own entry."""
    sheet = sheet_here(request, public_id)
    entry = get_object_or_404(sheet.entries, by=request.user)
    try:
        sheets.reopen_entry(entry=entry, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("sites_staff:sheet", sheet.public_id)
    return redirect("sites_staff:sheet_rows", sheet.public_id)


@require_POST
@staff_page(rights.TAKE_OVER_SHEETS)
def take_over(request: StaffRequest, public_id: Any, number: int) -> HttpResponse:
    """Go on with the entry of somebody who is away."""
    sheet = sheet_here(request, public_id)
    entry = get_object_or_404(sheet.entries, number=number)
    typist = entry.by.get_full_name() or entry.by.username
    try:
        entry = sheets.take_over_entry(entry=entry, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("sites_staff:sheet", sheet.public_id)
    words = gettext("The sheet is yours now, with the rows that %(typist)s typed.")
    messages.success(request, words % {"typist": typist})
    return redirect(
        "sites_staff:sheet" if entry.finished_at else "sites_staff:sheet_rows", public_id
    )
