"""Rows that wait for a person: who is meant, tried again, left out; and matches taken back."""

import datetime
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from registration.models import Citizen
from registration.services.access import AccessPurpose
from sites import import_review, import_selectors, rights
from sites.forms.imports import LeaveOutForm
from sites.import_words import reason_sentence
from sites.models import DoseImport, ImportedRow, Role, RowOutcome
from sites.rights import MANAGE_STOCK, MAY, StaffRequest, staff_page
from sites.services import imported_rows
from sites.services.import_cells import cells_of
from sites.services.people import log_lookups
from sites.views.desk import frame, uuid_or_none
from sites.views.imports import file_here
from vaxplatform.errors import DomainError

PAGE = 25
AT_ONCE = 3_000  # rows tried again in one request: some seconds


# ── lists ─────────────────────────────────────────────────────────────────────────────────────
@require_GET
@staff_page(rights.ENTER_PAPER)
def held_rows(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The rows that wait, all or those of one reason."""
    batch, code = file_here(request, public_id), request.GET.get("reason", "")
    page = Paginator(import_selectors.held_rows(batch, code), PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "sites/imports/rows.html",
        frame(
            request,
            None,
            batch=batch,
            page=page,
            lines=[
                (
                    row,
                    import_selectors.name_in(batch, cells_of(row.cells)),
                    [reason_sentence(r) for r in row.reasons],
                )
                for row in page
            ],
            reason=code,
            reasons=import_selectors.held_reasons(batch),
            waiting=import_selectors.waiting_of(batch),
        ),
    )


@require_GET
@staff_page(rights.ENTER_PAPER)
def matched_rows(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Doses whose person was known without a number, each with the way back."""
    batch = file_here(request, public_id)
    page = Paginator(import_selectors.matched_rows(batch), PAGE).get_page(request.GET.get("page"))
    people = {row.citizen_id: row.citizen for row in page if row.citizen}
    _log(request, list(people.values()))
    return render(
        request,
        "sites/imports/matched.html",
        frame(
            request,
            None,
            batch=batch,
            page=page,
            lines=[
                (
                    row,
                    import_selectors.name_in(batch, cells_of(row.cells)),
                    import_review.how_matched(row),
                    _can_be_separated(row),
                )
                for row in page
            ],
        ),
    )


def _can_be_separated(row: ImportedRow) -> bool:
    """Its cells are still there, and it went to somebody who was on record before."""
    if not row.cells or row.outcome != RowOutcome.RECORDED:
        return False
    if row.matched_by in import_selectors.DOUBTFUL:
        return True
    return any(c["citizen"] == row.citizen_id for c in row.candidates or [])


def _log(request: StaffRequest, people: list[Citizen]) -> None:
    log_lookups(
        people=people, account=request.user, purpose=AccessPurpose.IMPORT, now=timezone.now()
    )


# ── one row ───────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def decide_row(request: StaffRequest, public_id: Any, line: int, part: int) -> HttpResponse:
    """A row beside the people on record; a decision opens the next row."""
    batch = file_here(request, public_id)
    row = _row_here(batch, line, part)
    form = LeaveOutForm()
    if request.method == "POST":
        if request.POST.get("decision") == "out":
            form = LeaveOutForm(request.POST)
        if not form.is_bound or form.is_valid():
            refusal = _decide(request, row, form)
            if refusal is None:
                return _to_next(request, batch, row)
            messages.error(request, refusal.detail)
            row = _row_here(batch, line, part)
    if row.outcome != RowOutcome.HELD or row.decided_at:
        messages.info(request, _("Row %(line)d is decided.") % {"line": line})
        return _to_next(request, batch, row)
    return _show_row(request, batch, row, form)


def _show_row(
    request: StaffRequest, batch: DoseImport, row: ImportedRow, form: LeaveOutForm
) -> HttpResponse:
    found = import_review.review(row=row, now=timezone.now())
    _log(request, [person.citizen for person in found.people])
    code = request.GET.get("reason", "")
    waiting = import_selectors.held_rows(batch, code)
    may_receive = MANAGE_STOCK in MAY[Role(request.posting.role)]
    return render(
        request,
        "sites/imports/row.html",
        frame(
            request,
            None,
            batch=batch,
            row=row,
            review=found,
            sentences=[reason_sentence(reason) for reason in row.reasons],
            waiting=waiting.count(),
            form=form if form.errors else None,
            out=form,
            query=request.GET.urlencode(),
            reason=code,
            skip=import_selectors.next_held(batch, (row.line, row.part), code),
            lot_lacks=may_receive and any("lot_" in r["code"] for r in row.reasons),
        ),
        status=400 if form.errors else 200,
    )


def _row_here(batch: DoseImport, line: int, part: int) -> ImportedRow:
    rows = ImportedRow.objects.select_related("batch__site", "citizen", "dose", "decided_by")
    return get_object_or_404(rows.defer("batch__content"), batch=batch, line=line, part=part)


def _decide(request: StaffRequest, row: ImportedRow, form: LeaveOutForm) -> DomainError | None:
    """Do what was pressed, and say it; the refusal if there is one."""
    decision, now = request.POST.get("decision", ""), timezone.now()
    try:
        text = _done(request, row, decision, form, now)
    except DomainError as refusal:
        return refusal
    messages.success(request, text % {"line": row.line})
    return None


def _done(
    request: StaffRequest,
    row: ImportedRow,
    decision: str,
    form: LeaveOutForm,
    now: datetime.datetime,
) -> str:
    by = request.user
    if decision.startswith("same:"):
        imported_rows.decide_same(row=row, citizen=_candidate(row, decision), by=by, now=now)
        return _("Row %(line)d: recorded for the person on record.")
    if decision == "new":
        wrong = any(reason["code"] == "identity_does_not_match" for reason in row.reasons)
        imported_rows.decide_new(row=row, by=by, now=now, without_papers=wrong)
        return _("Row %(line)d: recorded for a new person.")
    if decision == "here":
        return _after_a_try(imported_rows.decide_here(row=row, by=by, now=now))
    if decision == "out":
        reason = form.cleaned_data["reason"]
        imported_rows.leave_out(row=row, reason=reason, by=by, now=now)
        return _("Row %(line)d is left out.")
    return _after_a_try(imported_rows.try_again(row=row, by=by, now=now))


def _after_a_try(after: ImportedRow) -> str:
    if after.outcome in (RowOutcome.HELD, RowOutcome.REFUSED):
        return _("Row %(line)d was tried again and still waits.")
    return _("Row %(line)d is recorded.")


def _candidate(row: ImportedRow, decision: str) -> Citizen:
    """The candidate of the row whose number was pressed; 404 for anybody else."""
    offered = {str(citizen["citizen"]) for citizen in row.candidates or []}
    people = Citizen.objects.filter(pk__in=offered)
    return get_object_or_404(people, public_id=uuid_or_none(decision.removeprefix("same:")))


def _to_next(request: StaffRequest, batch: DoseImport, row: ImportedRow) -> HttpResponse:
    code = request.GET.get("reason", "")
    following = import_selectors.next_held(batch, (row.line, row.part), code)
    if following is None:
        return redirect("sites_staff:import", batch.public_id)
    path = reverse("sites_staff:import_row", args=[batch.public_id, following.line, following.part])
    return HttpResponseRedirect(f"{path}?{urlencode({'reason': code})}" if code else path)


@require_POST
@staff_page(rights.ENTER_PAPER)
def try_all(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Look anew at all rows that wait for a thing and not for a word about a person."""
    batch = file_here(request, public_id)
    counts = imported_rows.try_all_again(
        batch=batch, by=request.user, now=timezone.now(), most=AT_ONCE
    )
    return _told(request, batch, counts)


@require_POST
@staff_page(rights.ENTER_PAPER)
def all_here(request: StaffRequest, public_id: Any) -> HttpResponse:
    """The doses of this file were given at this site, whatever place its rows name."""
    batch = file_here(request, public_id)
    counts = imported_rows.all_given_here(
        batch=batch, by=request.user, now=timezone.now(), most=AT_ONCE
    )
    return _told(request, batch, counts)


def _told(request: StaffRequest, batch: DoseImport, counts: Counter[str]) -> HttpResponse:
    recorded = counts[RowOutcome.RECORDED]
    text = ngettext("%(count)d dose is recorded.", "%(count)d doses are recorded.", recorded)
    messages.success(request, text % {"count": recorded})
    if left := import_selectors.waiting_of(batch).total:
        text = ngettext("%(count)d row still waits.", "%(count)d rows still wait.", left)
        messages.info(request, text % {"count": left})
    return redirect("sites_staff:import", batch.public_id)


# ── taking a match back ───────────────────────────────────────────────────────────────────────
@staff_page(rights.ENTER_PAPER)
def separate_row(request: StaffRequest, public_id: Any, line: int, part: int) -> HttpResponse:
    """ "This was somebody else": the dose goes to a person of her own, after a second look."""
    batch = file_here(request, public_id)
    row = _row_here(batch, line, part)
    if not _can_be_separated(row):
        messages.info(request, _("This match cannot be taken back any more."))
        return redirect("sites_staff:import_matched", batch.public_id)
    if request.method == "POST":
        try:
            imported_rows.separate(row=row, by=request.user, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            text = _("Row %(line)d now belongs to a person of its own.")
            messages.success(request, text % {"line": line})
        return redirect("sites_staff:import_matched", batch.public_id)
    row.candidates = None  # the comparison is with the person it went to
    found = import_review.review(row=row, now=timezone.now())
    _log(request, [person.citizen for person in found.people])
    return render(
        request,
        "sites/imports/separate.html",
        frame(
            request, None, batch=batch, row=row, review=found, how=import_review.how_matched(row)
        ),
    )
