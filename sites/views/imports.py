"""Files of doses from paper: sent, looked at, recorded, and what came of them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sites import exceptions, import_selectors, rights
from sites.forms.imports import ColumnsForm, SendFileForm
from sites.import_words import (
    column_name,
    letter_of,
    missing_sentence,
    reason_sentence,
    refusal_of,
    samples_of,
)
from sites.models import DoseImport, ImportState, MatchedBy, RowOutcome, Vaccine
from sites.rights import StaffRequest, own_site, staff_page
from sites.services import import_queue, imports
from sites.services.import_answers import errors_file
from sites.services.import_preview import Preview, first_rows, preview
from sites.services.import_templates import FORMS, empty_sheet
from sites.views.desk import frame
from vaxplatform.errors import DomainError, add_to_form

PAGE = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BEFORE_WORK = (ImportState.UNMAPPED, ImportState.CHECKED)


# ── the list ──────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def list_files(request: StaffRequest) -> HttpResponse:
    """The site's files, newest first, and the form for the next one."""
    is_sent = request.method == "POST"
    form = SendFileForm(*(request.POST, request.FILES) if is_sent else ())
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = import_queue.send_file(
                site=own_site(request),
                content=file.read(),
                file_name=file.name,
                by=request.user,
                creates_lots=form.cleaned_data["creates_lots"],
                all_here=form.cleaned_data["all_here"],
            )
        except exceptions.FileRefused as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("sites_staff:import", batch.public_id)
    files = Paginator(_files(request).select_related("by"), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "sites/imports/list.html",
        frame(request, None, form=form, files=files),
        status=400 if form.errors else 200,
    )


def _files(request: StaffRequest) -> QuerySet[DoseImport]:
    """The files of the own site, without what is in them."""
    files = DoseImport.objects.filter(site=own_site(request)).defer("content")
    return files.order_by("-created_at", "-pk")


def file_here(request: StaffRequest, public_id: Any) -> DoseImport:
    """A file of the own site; 404 for any other."""
    return get_object_or_404(_files(request).select_related("site", "by"), public_id=public_id)


@require_GET
@staff_page(rights.ENTER_PAPER)
def template(request: StaffRequest, form: str) -> HttpResponse:
    """An empty sheet to fill in."""
    if form not in FORMS:
        raise Http404
    return _download(empty_sheet(form), f"mui-tiem-{form}.xlsx")


def _download(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# ── one file ──────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def show_file(request: StaffRequest, public_id: Any) -> HttpResponse:
    """What a file waits for, how far it is, or what came of it."""
    batch = file_here(request, public_id)
    if batch.state == ImportState.UNMAPPED:
        return redirect("sites_staff:import_columns", batch.public_id)
    if batch.state == ImportState.CHECKED:
        return _show_checked(request, batch)
    if batch.state == ImportState.RUNNING:
        context = frame(request, None, batch=batch, progress=import_selectors.progress_of(batch))
        return render(request, "sites/imports/running.html", context)
    return _show_done(request, batch)


def _show_checked(request: StaffRequest, batch: DoseImport) -> HttpResponse:
    """The columns as understood, and what would become of the first rows."""
    context: dict[str, Any] = {
        "batch": batch,
        "columns": [
            (letter_of(position), batch.headings[position], column_name(column))
            for position, column in sorted(imports.headings_of(batch).columns.items())
        ],
        "unused": [
            (letter_of(position), text)
            for position, text in enumerate(batch.headings)
            if text and str(position) not in batch.columns
        ],
    }
    try:
        seen = preview(batch=batch, now=timezone.now())
    except (exceptions.FileRefused, exceptions.ImportNotReady) as refusal:
        context["refusal"] = refusal.detail
    else:
        context |= {"lines": _preview_lines(batch, seen), "preview": seen}
    return render(request, "sites/imports/checked.html", frame(request, None, **context))


@dataclass(frozen=True)
class PreviewLine:
    """A dose of the preview: where it stands, who and what, and what would become of it."""

    line: int
    part: int
    name: str
    dose: str
    outcome: str
    reasons: list[str]
    known_by: str


def _preview_lines(batch: DoseImport, seen: Preview) -> list[PreviewLine]:
    by_line = dict(seen.rows)
    vaccines = {vaccine.code: str(vaccine) for vaccine in Vaccine.objects.all()}
    lines = []
    for result in seen.results:
        item, recorded = result.read.item, result.outcome == RowOutcome.RECORDED
        words = (item.dose_number, vaccines[item.vaccine_code], item.lot_number) if item else ()
        lines.append(
            PreviewLine(
                line=result.read.line,
                part=result.read.part,
                name=import_selectors.name_in(batch, by_line[result.read.line]),
                dose=" · ".join(map(str, words)),
                outcome=result.outcome,
                reasons=[reason_sentence(reason.as_dict()) for reason in result.reasons],
                known_by=str(MatchedBy(result.matched_by).label) if recorded else "",
            )
        )
    return lines


def _show_done(request: StaffRequest, batch: DoseImport) -> HttpResponse:
    refusal = refusal_of(batch.refusal) if batch.refusal else None
    return render(
        request,
        "sites/imports/done.html",
        frame(
            request,
            None,
            batch=batch,
            refusal=refusal.detail if refusal else "",
            reasons=import_selectors.reasons_of(batch),
            waiting=import_selectors.waiting_of(batch),
            matched=import_selectors.matched_rows(batch).count(),
        ),
    )


# ── columns ───────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def choose_columns(request: StaffRequest, public_id: Any) -> HttpResponse:
    """What each column means: a menu beside each heading, with what was found chosen already."""
    batch = file_here(request, public_id)
    if batch.state not in BEFORE_WORK:
        return redirect("sites_staff:import", batch.public_id)
    headings, unread = imports.headings_of(batch), ""
    try:
        samples = samples_of(first_rows(batch))
    except (exceptions.FileRefused, exceptions.ImportNotReady) as refusal:
        samples, unread = {}, refusal.detail
    form = ColumnsForm(
        request.POST if request.method == "POST" else None, headings=headings, samples=samples
    )
    if form.is_bound and form.is_valid():
        try:
            imports.map_columns(batch=batch, columns=form.columns)
        except exceptions.ImportNotReady as refusal:
            messages.error(request, refusal.detail)
            return redirect("sites_staff:import", batch.public_id)
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            messages.success(request, _("The columns are kept for the next sheet like this one."))
            return redirect("sites_staff:import", batch.public_id)
    return render(
        request,
        "sites/imports/columns.html",
        frame(
            request,
            None,
            batch=batch,
            form=form,
            unread=unread,
            missing="" if form.is_bound else _missing(headings),
        ),
    )


def _missing(headings: Any) -> str:
    return missing_sentence(headings.missing) if headings.missing else ""


# ── the work ──────────────────────────────────────────────────────────────────────────────────
@require_POST
@staff_page(rights.ENTER_PAPER)
def record(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Yes: record the doses of this file. Pressed twice it is one yes."""
    batch = file_here(request, public_id)
    try:
        imports.begin(batch=batch, now=timezone.now())
    except exceptions.ImportNotReady as refusal:
        messages.error(request, refusal.detail)
    return redirect("sites_staff:import", batch.public_id)


@require_POST
@staff_page(rights.ENTER_PAPER)
def stop(request: StaffRequest, public_id: Any) -> HttpResponse:
    """No further: what was recorded stays, the rest of the file is let go."""
    batch = file_here(request, public_id)
    imports.refuse(batch=batch, refusal=exceptions.FileTakenBack(), now=timezone.now())
    return redirect("sites_staff:import", batch.public_id)


@require_GET
@staff_page(rights.ENTER_PAPER)
def progress(request: StaffRequest, public_id: Any) -> HttpResponse:
    """How far the work is, for the script of the page."""
    batch = file_here(request, public_id)
    now = import_selectors.progress_of(batch)
    return JsonResponse(
        {
            "running": batch.state == ImportState.RUNNING,
            "done": now.done,
            "percent": now.percent,
            "sentence": now.sentence,
            "pace": now.pace,
        }
    )


@require_GET
@staff_page(rights.ENTER_PAPER)
def rows_to_mend(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The rows that were not recorded, as they came, with the reasons beside them."""
    batch = file_here(request, public_id)
    with tempfile.NamedTemporaryFile(prefix="mend-", suffix=".xlsx") as file:
        if not errors_file(batch=batch, target=Path(file.name)):
            raise Http404
        content = Path(file.name).read_bytes()
    return _download(content, f"can-sua-{str(batch.public_id)[:8]}.xlsx")
