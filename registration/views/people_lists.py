"""/register/lists/: an organisation's spreadsheet sent, looked at, registered, and mended."""

import json
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registration.forms.people_list import PeopleListForm, SendListForm
from registration.models import PeopleList, PeopleListRow, RowState
from registration.people_sheet import COLUMNS, NAMES, RowReader
from registration.services.people_lists import counts_of, reader_of, send_list, stage_list
from registration.views.guards import account_of, phone_required, posted
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.sheets.cells import text_of
from vaxplatform.vietnam import day_in_vietnam
from vaxplatform.xlsx import Cell, write_sheet

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_NAME = "Danh sách"


@phone_required
@require_http_methods(["GET", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """The form for a list, and the lists that this phone sent."""
    account, now = account_of(request), timezone.now()
    files = request.FILES if request.method == "POST" else None
    form = PeopleListForm(posted(request), files, today=day_in_vietnam(now))
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            staged = stage_list(
                account=account,
                content=file.read(),
                file_name=file.name,
                answers=form.answers(),
                now=now,
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("registration:people_list", staged.public_id)
    known = PeopleList.objects.filter(account=account).order_by("-created_at")[:PAGE]
    context = {"form": form, "lists": [(each, counts_of(each)) for each in known]}
    return render(request, "registration/people_lists.html", context)


def _own_list(request: HttpRequest, public_id: uuid.UUID) -> PeopleList:
    """A list of this phone; anybody else's does not exist here."""
    own = PeopleList.objects.filter(account=account_of(request)).select_related("account")
    return get_object_or_404(own, public_id=public_id)


@phone_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What a list holds: who can be sent, what is wrong with the others; or what came of it."""
    staged, now = _own_list(request, public_id), timezone.now()
    form = SendListForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            send_list(staged=staged, consent=form.cleaned_data["consent"], now=now)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("registration:people_list", public_id)
    reader = reader_of(staged, now=now)
    rows = staged.rows.select_related("registration__citizen")
    wrong = Paginator(_wrong_first(rows, staged), PAGE).get_page(request.GET.get("page"))
    context = {
        "list": staged,
        "form": form,
        "counts": counts_of(staged),
        "page_obj": wrong,
        "rows": [_shown(row, reader) for row in wrong],
    }
    return render(request, "registration/people_list.html", context)


def _wrong_first(rows: Any, staged: PeopleList) -> Any:
    """Before it is sent the rows to mend come first; after it all rows as they stand."""
    return rows.order_by("line") if staged.sent_at else rows.order_by("state", "line")


def _shown(row: PeopleListRow, reader: RowReader) -> dict[str, Any]:
    cells = json.loads(row.cells)
    named = {
        reader.columns[n]: text_of(cell) for n, cell in enumerate(cells) if n in reader.columns
    }
    return {
        "line": row.line,
        "name": named.get("full_name", ""),
        "born": named.get("date_of_birth", ""),
        "state": row.get_state_display(),
        "kind": {"ready": "act", "faulty": "bad", "registered": "ok"}.get(row.state, "warn"),
        "code": row.registration.code if row.registration else "",
        "faults": _faults(row, cells, reader),
    }


def _faults(row: PeopleListRow, cells: list[Any], reader: RowReader) -> list[str]:
    """What is wrong with a row, in words."""
    if row.state == RowState.REFUSED:
        return [
            _(
                "This person cannot be registered from a list with these details. The person can "
                "register with their own phone, or at the site."
            )
        ]
    if row.state != RowState.FAULTY:
        return []
    _listed, faults = reader.read(cells)
    return [f"{NAMES[field]}: {refusal.detail}" for field, refusal in faults]


@phone_required
@require_safe
def faults(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The rows that were not registered, as they came, each with its reasons; to mend and send."""
    staged = _own_list(request, public_id)
    reader = reader_of(staged, now=timezone.now())
    rows = staged.rows.filter(state__in=(RowState.FAULTY, RowState.REFUSED)).order_by("line")
    width = len(staged.headings)
    body = (_with_faults(row, width, reader) for row in rows)
    return _sheet("can-sua.xlsx", _("To mend"), [[*staged.headings, _("Reasons")], *body])


def _with_faults(row: PeopleListRow, width: int, reader: RowReader) -> list[Cell]:
    cells = json.loads(row.cells)
    own: list[Cell] = [text_of(cell) for cell in cells]
    own += [None] * (width - len(own))
    return [*own[:width], "\n".join(_faults(row, cells, reader))]


@phone_required
@require_safe
def sheet(_request: HttpRequest) -> HttpResponse:
    """An empty sheet to fill in."""
    return _sheet("danh-sach-tiem.xlsx", SHEET_NAME, [[ours for ours, _keys in COLUMNS.values()]])


def _sheet(name: str, title: str, rows: Iterable[list[Cell]]) -> HttpResponse:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        write_sheet(path, title=title, rows=rows)
        content = path.read_bytes()
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
