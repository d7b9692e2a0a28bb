"""The staff's page of daily reports."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from public_portal.forms import ReportForm
from public_portal.selectors import reports_visible_to
from public_portal.services.reports import REPORTING_ACTIONS, file_reports
from sites.rights import staff_page
from vaxplatform import formatting
from vaxplatform.errors import add_to_form
from vaxplatform.vietnam import day_in_vietnam

REPORTS_A_PAGE = 30


@staff_page(*REPORTING_ACTIONS)
def reports(request: HttpRequest) -> HttpResponse:
    """File a day, and see what was filed for the places of this posting."""
    posting, now = request.posting, timezone.now()  # type: ignore[attr-defined]
    form = ReportForm(
        request.POST or None,
        posting=posting,
        initial={"date": f"{day_in_vietnam(now):%d/%m/%Y}"},
    )
    if request.method == "POST" and form.is_valid():
        result = file_reports(rows=[form.row()], now=now, reported_by=posting.account)
        if not result.refused:
            doses = formatting.number(int(form.row().doses))
            messages.success(request, _("Filed: %(doses)s doses.") % {"doses": doses})
            return redirect(request.path)
        add_to_form(form, result.refused[0].error)
    filed = reports_visible_to(posting).order_by("-day", "-reported_at", "-pk")
    context = {
        "form": form,
        "posting": posting,
        "page": Paginator(filed, REPORTS_A_PAGE).get_page(request.GET.get("page", 1)),
    }
    return render(request, "public_portal/staff_reports.html", context)
