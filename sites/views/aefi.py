"""Adverse events: reported from the observation board or a dose, listed, updated, sent on."""

import datetime
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registration.services.access import AccessPurpose, log_access
from sites import aefi_line_list, aefi_selectors, rights
from sites.aefi_exceptions import EventReported
from sites.aefi_history import history_of
from sites.aefi_line_list import signs_in_words
from sites.aefi_rules import SEND_ON_WITHIN
from sites.aefi_selectors import ClockState, EventFilters
from sites.forms.aefi import EventFilterForm, EventForm, OutcomeForm
from sites.models import AefiReport, AnaphylaxisGrade, Dose, DoseStatus, FollowUp, Seriousness
from sites.rights import StaffRequest, staff_page
from sites.services.aefi import report_aefi, send_on, update_outcome
from sites.services.diary import report_answer
from sites.services.people import log_lookups
from sites.views.desk import frame, person_line, scoped
from vaxplatform import formatting
from vaxplatform.components import SummaryRow, Tab
from vaxplatform.csv_files import csv_file
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.rights import may
from vaxplatform.vietnam import day_in_vietnam
from vaxplatform.xlsx import Cell, write_sheet

PAGE = 25
LIST, ONE = "sites_staff:adverse_events", "sites_staff:adverse_event"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SOON = datetime.timedelta(hours=6)


@dataclass(frozen=True)
class EventClock:
    """The 24 hours of a serious event: `percent` of them gone, whole `hours` left or over."""

    due_at: datetime.datetime
    percent: int
    hours: int
    is_over: bool
    kind: str


@dataclass(frozen=True)
class EventLine:
    """A report in the list, without the person."""

    report: AefiReport
    signs: str
    grade: str
    clock: EventClock | None


def clock_of(report: AefiReport, now: datetime.datetime) -> EventClock | None:
    """The running clock; None where there is none or the report was sent on."""
    if report.due_at is None or report.sent_on_at is not None:
        return None
    left = report.due_at - now
    is_over = left <= datetime.timedelta(0)
    gone = 1 - left / SEND_ON_WITHIN
    return EventClock(
        due_at=report.due_at,
        percent=round(min(max(gone, 0), 1) * 100),
        hours=int(abs(left.total_seconds()) // 3600),
        is_over=is_over,
        kind="bad" if is_over else "warn" if left <= SOON else "fg",
    )


def _line(report: AefiReport, now: datetime.datetime) -> EventLine:
    return EventLine(
        report=report,
        signs=signs_in_words(report) or report.description[:120],
        grade=AnaphylaxisGrade(report.grade).name if report.grade else "",
        clock=clock_of(report, now),
    )


# ── the list ──────────────────────────────────────────────────────────────────────────────────
@require_GET
@staff_page(rights.SEE_AEFI)
@never_cache
def list_events(request: StaffRequest) -> HttpResponse:
    """Reports of the posting's reach, running clocks first; nobody is named."""
    now = timezone.now()
    form = EventFilterForm(request.GET, posting=request.posting)
    rows, state = _narrowed(request, form.filters), _state(request)
    found = rows.filter(state.condition(now))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = frame(
        request,
        None,
        tabs=_tabs(request, rows, state, now),
        unwell=aefi_selectors.unwell_answers(request.posting).order_by().count(),
        filter=form,
        state=state,
        page_obj=page,
        lines=[_line(report, now) for report in page.object_list],
        query=_query(request, clock=state.value),
    )
    return render(request, "sites/aefi/list.html", context)


def _state(request: StaffRequest) -> ClockState:
    asked = request.GET.get("clock", "")
    return ClockState(asked) if asked in ClockState.values else ClockState.ALL


def _narrowed(request: StaffRequest, filters: EventFilters) -> QuerySet[AefiReport]:
    return filters.apply(aefi_selectors.reports_for(request.posting))


def _query(request: StaffRequest, **over: str) -> str:
    """The chosen filter as it stands in an address."""
    names = ("clock", "seriousness", "grade", "lot", "province")
    values = {name: request.GET.get(name, "") for name in names} | over
    return urlencode({name: value for name, value in values.items() if value})


def _tabs(
    request: StaffRequest, rows: QuerySet[AefiReport], chosen: ClockState, now: datetime.datetime
) -> list[Tab]:
    counts = aefi_selectors.count_clocks(rows, now=now)
    return [
        Tab(
            url=f"?{_query(request, clock=state.value)}",
            text=f"{state.label} ({formatting.number(counts[state])})",
            current=state == chosen,
        )
        for state in ClockState
    ]


@require_GET
@staff_page(rights.SEE_AEFI)
@never_cache
def line_list(request: StaffRequest, kind: str) -> HttpResponse:
    """The chosen reports as a file, for whom it names is put on record."""
    now = timezone.now()
    form = EventFilterForm(request.GET, posting=request.posting)
    rows = _narrowed(request, form.filters).filter(_state(request).condition(now))
    rows = rows.select_related("dose__residence_province", "reported_by")
    reports = list(rows[: aefi_line_list.MOST_ROWS + 1])
    if len(reports) > aefi_line_list.MOST_ROWS:
        messages.error(request, _("These are too many reports for one file. Narrow the list."))
        return redirect(f"{request.path.rsplit('/', 1)[0]}/?{_query(request)}")
    people = {report.dose.citizen_id: report.dose.citizen for report in reports}
    log_lookups(
        people=people.values(),
        account=request.user,
        purpose=AccessPurpose.ADVERSE_EVENT,
        now=now,
    )
    name = f"adverse-events-{day_in_vietnam(now)}.{kind}"
    if kind == "csv":
        return csv_file(name, list(aefi_line_list.COLUMNS), aefi_line_list.rows_of(reports))
    return _xlsx(name, reports)


def _xlsx(name: str, reports: Sequence[AefiReport]) -> HttpResponse:
    rows: list[Sequence[Cell]] = [aefi_line_list.headings(), *aefi_line_list.rows_of(reports)]
    with tempfile.NamedTemporaryFile(prefix="events-", suffix=".xlsx") as file:
        write_sheet(Path(file.name), title=_("Adverse events"), rows=rows)
        response = HttpResponse(Path(file.name).read_bytes(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# ── a new report ──────────────────────────────────────────────────────────────────────────────
@staff_page(rights.REPORT_AEFI)
@never_cache
@require_http_methods(["GET", "POST"])
def report_event(request: StaffRequest, public_id: Any) -> HttpResponse:
    """Report an event of one dose of the site."""
    rows = Dose.objects.select_related("citizen", "vaccine", "lot", "site")
    dose = get_object_or_404(scoped(request, rows), public_id=public_id)
    now = timezone.now()
    said = _said(request, dose)
    form = EventForm(request.POST or None, dose=dose, now=now, said=said)
    known = None
    if request.method == "GET":
        log_access(citizen=dose.citizen, account=request.user, purpose=AccessPurpose.ADVERSE_EVENT)
    elif form.is_valid():
        if form.needs_a_look():
            form = form.with_proposal()
            form.is_valid()
        else:
            try:
                report = _make_report(request, form, said, now)
            except DomainError as refusal:
                add_to_form(form, refusal)
                known = _known(request, refusal)
            else:
                return _reported(request, report)
    if known and _says_the_same(known, form):
        return _reported(request, known)  # pressed twice, or typed by two
    return render(request, "sites/aefi/report.html", _report_context(request, form, dose, known))


def _said(request: StaffRequest, dose: Dose) -> FollowUp | None:
    """The answer in the person's diary that the report is made of, while it waits."""
    number = request.GET.get("answer", "")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    return aefi_selectors.unwell_answers(request.posting).filter(pk=number, dose=dose).first()


def _make_report(
    request: StaffRequest, form: EventForm, said: FollowUp | None, now: datetime.datetime
) -> AefiReport:
    if said is None:
        return report_aefi(dose=form.dose, by=request.user, now=now, **form.facts())
    return report_answer(answer=said, by=request.user, now=now, **form.facts())


def _known(request: StaffRequest, refusal: DomainError) -> AefiReport | None:
    """The report that a second one of the same event runs into."""
    if not isinstance(refusal, EventReported):
        return None
    rows = aefi_selectors.reports_for(request.posting)
    return rows.filter(number=refusal.params["number"]).first()


def _says_the_same(known: AefiReport, form: EventForm) -> bool:
    facts = form.facts()
    names = ("symptoms", "description", "grade", "seriousness", "treatment", "referred_to")
    return all(getattr(known, name) == facts[name] for name in names)


def _reported(request: StaffRequest, report: AefiReport) -> HttpResponse:
    values = {"number": report.number, "moment": formatting.moment(report.due_at)}
    if report.due_at:
        words = _("%(number)s is on record. The province is to send it on by %(moment)s.")
        messages.warning(request, words % values)
    else:
        messages.success(request, _("%(number)s is on record.") % values)
    return redirect(ONE, report.public_id)


def _report_context(
    request: StaffRequest, form: EventForm, dose: Dose, known: AefiReport | None
) -> dict[str, Any]:
    seen = form.data.get("proposal_seen", "") if form.is_bound else ""
    return frame(
        request,
        None,
        form=form,
        dose=dose,
        known=known,
        person=person_line(dose.citizen, on=timezone.localdate()),
        is_voided=dose.status != DoseStatus.RECORDED,
        proposed=AnaphylaxisGrade(int(seen)).label if seen in {"1", "2", "3", "4"} else "",
        grades=AnaphylaxisGrade.choices,
        reports=aefi_selectors.reports_for(request.posting).filter(dose=dose),
    )


# ── one report ────────────────────────────────────────────────────────────────────────────────
@staff_page(rights.SEE_AEFI)
@never_cache
@require_http_methods(["GET", "POST"])
def show_event(request: StaffRequest, public_id: Any) -> HttpResponse:
    """A report with its dose and history; POST says how the person is now."""
    report = _report(request, public_id)
    now = timezone.now()
    may_update = may(request.user, rights.REPORT_AEFI)
    form = OutcomeForm(request.POST or None, report=report) if may_update else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and _update(request, form, report, now):
            return redirect(ONE, report.public_id)
    else:
        log_access(
            citizen=report.dose.citizen, account=request.user, purpose=AccessPurpose.ADVERSE_EVENT
        )
    context = frame(
        request,
        None,
        form=form,
        report=report,
        clock=clock_of(report, now),
        may_send=may(request.user, rights.SEND_AEFI),
        person=person_line(report.dose.citizen, on=timezone.localdate()),
        dose_facts=_dose_facts(report.dose),
        event_facts=_event_facts(report),
        is_serious=report.seriousness != Seriousness.NONE,
        grade=AnaphylaxisGrade(report.grade).name if report.grade else "",
        is_voided=report.dose.status != DoseStatus.RECORDED,
        steps=history_of(report),
    )
    return render(request, "sites/aefi/report_page.html", context)


def _report(request: StaffRequest, public_id: Any) -> AefiReport:
    rows = aefi_selectors.reports_for(request.posting).select_related("reported_by", "sent_on_by")
    return get_object_or_404(rows, public_id=public_id)


def _update(
    request: StaffRequest, form: OutcomeForm, report: AefiReport, now: datetime.datetime
) -> bool:
    values = form.cleaned_data
    try:
        update_outcome(
            report=report,
            outcome=values["outcome"],
            outcome_on=values["outcome_on"],
            grade=int(values["grade"]),
            seriousness=values["seriousness"],
            by=request.user,
            now=now,
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    messages.success(request, _("The report is up to date."))
    return True


@require_POST
@staff_page(rights.SEND_AEFI)
def send_event_on(request: StaffRequest, public_id: Any) -> HttpResponse:
    """An officer says that the report went on to the ministry: its clock ends."""
    report = _report(request, public_id)
    try:
        send_on(report=report, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("%(number)s is sent on.") % {"number": report.number})
    return redirect(ONE, report.public_id)


def _dose_facts(dose: Dose) -> list[SummaryRow]:
    return [
        SummaryRow(_("Vaccine"), str(dose.vaccine)),
        SummaryRow(_("Lot"), dose.lot.number),
        SummaryRow(_("Dose number"), formatting.number(dose.dose_number)),
        SummaryRow(_("Time of the injection"), formatting.moment(dose.administered_at)),
        SummaryRow(_("Vaccination site"), dose.site.name),
        SummaryRow(_("Vaccinator"), dose.vaccinator),
    ]


def _event_facts(report: AefiReport) -> list[SummaryRow]:
    grade = AnaphylaxisGrade(report.grade)
    facts: list[tuple[str, Any]] = [
        (_("Signs"), signs_in_words(report)),
        (_("What happened, in words"), report.description),
        (_("Began"), formatting.moment(report.onset_at)),
        (_("Noticed"), formatting.moment(report.noticed_at)),
        (_("Grade of anaphylaxis"), grade.label),
        (_("Seriousness"), report.get_seriousness_display()),
        (_("Treatment given"), report.treatment),
        (_("Taken to (hospital)"), report.referred_to),
        (_("Illnesses and allergies before"), report.medical_history),
        (_("Outcome"), report.get_outcome_display()),
        (_("Day of the outcome"), formatting.day(report.outcome_on) if report.outcome_on else ""),
        (_("Reported by"), report.reported_by.get_full_name() if report.reported_by else ""),
    ]
    return [SummaryRow(label, str(value)) for label, value in facts if value]
