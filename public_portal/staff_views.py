"""The staff's page of daily reports."""

import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from public_portal.forms import ReportFileForm, ReportForm
from public_portal.selectors import reports_visible_to
from public_portal.services.reports import REPORTING_ACTIONS, Filed, file_reports
from sites.models import StaffPosting
from sites.rights import staff_page
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import day_in_vietnam

REPORTS_A_PAGE = 30
REFUSALS_SHOWN = 200


@staff_page(*REPORTING_ACTIONS)
def reports(request: HttpRequest) -> HttpResponse:
    """File a day or a file of days, and see what was filed for the places of this posting."""
    posting, now = request.posting, timezone.now()  # type: ignore[attr-defined]
    sent_file = "file" in request.POST or "file" in request.FILES
    form = ReportForm(
        request.POST if request.method == "POST" and not sent_file else None,
        posting=posting,
        initial={"date": f"{day_in_vietnam(now):%d/%m/%Y}"},
    )
    file_form = ReportFileForm(request.POST, request.FILES) if sent_file else ReportFileForm()
    filed: Filed | None = None
    if form.is_bound and form.is_valid() and _file_day(request, form, posting, now):
        return redirect(request.path)
    if file_form.is_bound and file_form.is_valid():
        filed = _file_rows(request, file_form, posting, now)
        if filed is not None and not filed.refused:
            return redirect(request.path)
    on_file = reports_visible_to(posting).order_by("-day", "-reported_at", "-pk")
    context = {
        "day_form": form,
        "file_form": file_form,
        "form": file_form if sent_file else form,
        "filed": filed,
        "refused": filed.refused[:REFUSALS_SHOWN] if filed else [],
        "posting": posting,
        "page": Paginator(on_file, REPORTS_A_PAGE).get_page(request.GET.get("page", 1)),
    }
    return render(request, "public_portal/staff_reports.html", context)


def _file_day(
    request: HttpRequest, form: ReportForm, posting: StaffPosting, now: datetime.datetime
) -> bool:
    """File the day; refusals stand in the form, which keeps what was typed: what went in goes in
    again unchanged."""
    rows = form.rows()
    result = file_reports(rows=rows, now=now, reported_by=posting.account)
    for row in result.refused:
        form.add_refusal(row.line, row.error)
    if result.refused:
        return False
    doses = formatting.number(sum(int(row.doses) for row in rows))
    messages.success(request, _("Filed: %(doses)s doses.") % {"doses": doses})
    return True


def _file_rows(
    request: HttpRequest, form: ReportFileForm, posting: StaffPosting, now: datetime.datetime
) -> Filed | None:
    """File the rows of the file; None where it cannot be read, which then stands in the form."""
    try:
        rows = form.rows()
    except DomainError as refusal:
        add_to_form(form, refusal)
        return None
    result = file_reports(rows=rows, now=now, reported_by=posting.account)
    if not result.refused:
        text = ngettext("%(count)s row filed.", "%(count)s rows filed.", result.filed)
        messages.success(request, text % {"count": formatting.number(result.filed)})
    return result
