"""/staff/identity/: how clean the identity data is by province, and the lists that mend it.

A list is taken by POST, for that is kept of every person in it.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registration.identity_selectors import CleanLine
from registration.models import IdentityCheck, IdentityCheckList, ListAct, MismatchedField
from registration.services.identity_checks import NewList, make_check_list, worklist_file
from registration.services.identity_tally import count_checks
from response_center.forms.identity import AnswersForm, MakeListForm
from response_center.selectors import identity as selectors
from response_center.services.identity_answers import read_answer_file
from response_center.views.desk import place_of
from sites.rights import CHECK_IDENTITY, StaffRequest, staff_page
from vaxplatform import formatting
from vaxplatform.csv_files import csv_file
from vaxplatform.errors import DomainError, add_to_form

PAGE = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RESULTS = (
    IdentityCheck.MATCHED,
    IdentityCheck.MISMATCHED,
    IdentityCheck.MALFORMED_ID,
    IdentityCheck.NO_ID,
)
COLUMNS = (
    "province", "name", "people", "checked", "matched", "clean_rate_percent", "mismatched",
    *(f"mismatched_{field}" for field in MismatchedField.values), "malformed_id", "no_id",
    "not_checked",
)  # fmt: skip


def _page(request: Any, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    return render(
        request,
        f"response_center/identity/{template}.html",
        {"posting": request.posting, "place": place_of(request.posting), **context},
        status=400 if form is not None and form.errors else 200,
    )


# ── the league table and the lists ────────────────────────────────────────────────────────────
@never_cache
@staff_page(CHECK_IDENTITY)
@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    """Provinces by their clean rate, the worst first; the lists, and a new one."""
    if request.GET.get("format") == "csv":
        return _csv(request)
    return _overview(request, MakeListForm(own=request.posting.province))


def _overview(request: StaffRequest, form: MakeListForm) -> HttpResponse:
    league = selectors.league_in_reach(request.posting)
    lists = Paginator(selectors.lists_in_reach(request.posting), PAGE)
    return _page(
        request,
        "overview",
        form=form,
        lines=[_shown(line) for line in league.lines],
        whole=_shown(league.whole),
        counted_at=league.counted_at,
        is_national=request.posting.province_id is None,
        lead=_shown(league.lead),
        all_columns="" if request.GET.get("columns") == "all" else "?columns=all",
        fields=MismatchedField.labels,
        page_obj=lists.get_page(request.GET.get("page")),
    )


def _shown(line: CleanLine) -> dict[str, Any]:
    return {
        "name": line.province.name if line.province else gettext("Whole country"),
        "people": line.people,
        "checked": line.checked,
        "matched": line.matched,
        "rate": line.rate,
        "bar": float(line.rate or 0),
        "mismatched": line.by_result[IdentityCheck.MISMATCHED],
        "fields": [line.by_field[field] for field in MismatchedField.values],
        "malformed": line.by_result[IdentityCheck.MALFORMED_ID],
        "no_id": line.by_result[IdentityCheck.NO_ID],
        "without": line.by_result[IdentityCheck.MALFORMED_ID] + line.by_result[IdentityCheck.NO_ID],
    }


def _csv(request: StaffRequest) -> HttpResponse:
    league = selectors.league_in_reach(request.posting)
    return csv_file("identity-check.csv", COLUMNS, _cells([*league.lines, league.whole]))


def _cells(lines: list[CleanLine]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        yield (
            line.province.code if line.province else "",
            line.province.name if line.province else gettext("Whole country"),
            line.people,
            line.checked,
            line.matched,
            "" if line.rate is None else f"{line.rate:.2f}",
            line.by_result[IdentityCheck.MISMATCHED],
            *(line.by_field[field] for field in MismatchedField.values),
            line.by_result[IdentityCheck.MALFORMED_ID],
            line.by_result[IdentityCheck.NO_ID],
            line.by_result[IdentityCheck.NOT_CHECKED],
        )


@never_cache
@staff_page(CHECK_IDENTITY)
@require_http_methods(["GET", "POST"])
def make(request: StaffRequest) -> HttpResponse:
    """A new list; GET is for who comes back to this address."""
    if request.method != "POST":
        return redirect("response_center_staff:identity")
    form = MakeListForm(request.POST, own=request.posting.province)
    if not form.is_valid():
        return _overview(request, form)
    now = timezone.now()
    made = make_check_list(
        province=form.place, by=request.user, now=now, limit=form.cleaned_data["limit"]
    )
    if made.without and form.place is not None:
        count_checks(provinces=[form.place.pk], now=now)
    _say_what_was_made(request, made)
    if made.check_list is None:
        return redirect("response_center_staff:identity")
    return redirect("response_center_staff:identity_list", made.check_list.public_id)


def _say_what_was_made(request: StaffRequest, made: NewList) -> None:
    if made.check_list is None:
        messages.info(
            request, gettext("Nobody is to be asked about here: all are checked, or on a list.")
        )
    without = sum(made.without.values())
    if without:
        said = ngettext(
            "%(count)s person has no paper with a possible number, and was not listed.",
            "%(count)s people have no paper with a possible number, and were not listed.",
            without,
        )
        messages.info(request, said % {"count": formatting.number(without)})


# ── one list ──────────────────────────────────────────────────────────────────────────────────
def _list_or_404(request: StaffRequest, public_id: uuid.UUID) -> IdentityCheckList:
    return get_object_or_404(selectors.lists_in_reach(request.posting), public_id=public_id)


@never_cache
@staff_page(CHECK_IDENTITY)
@require_http_methods(["GET", "POST"])
def show_list(request: StaffRequest, public_id: uuid.UUID) -> HttpResponse:
    """How far a list is, who did what with it; POST hands in the answers."""
    found = _list_or_404(request, public_id)
    is_sent = request.method == "POST"
    form = AnswersForm(*(request.POST, request.FILES) if is_sent else ())
    if is_sent and form.is_valid():
        try:
            event = read_answer_file(
                check_list=found,
                content=form.cleaned_data["file"].read(),
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            return redirect("response_center_staff:identity_answers", event.public_id)
    answered = [(result.label, found.answers.get(result, 0)) for result in RESULTS]
    return _page(
        request,
        "list",
        form=form,
        check_list=found,
        answered=answered,
        is_taken=found.events.filter(act=ListAct.TAKEN).exists(),
        left=max(found.rows - sum(count for _label, count in answered), 0),
        events=found.events.select_related("account").order_by("-at", "-pk")[:PAGE],
    )


@never_cache
@staff_page(CHECK_IDENTITY)
@require_POST
def take(request: StaffRequest, public_id: uuid.UUID) -> HttpResponse:
    """The list as xlsx."""
    found = _list_or_404(request, public_id)
    content = worklist_file(check_list=found, by=request.user, now=timezone.now())
    answer = HttpResponse(content, content_type=XLSX)
    name = f"doi-chieu-{timezone.localdate(found.made_at)}-{str(found.public_id)[:8]}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@never_cache
@staff_page(CHECK_IDENTITY)
@require_GET
def answers(request: StaffRequest, public_id: uuid.UUID) -> HttpResponse:
    """What came in of a file, and what did not and why."""
    event = selectors.events_in_reach(request.posting, public_id).first()
    if event is None:
        raise Http404
    counts = event.counts
    return _page(
        request,
        "answers",
        event=event,
        check_list=event.check_list,
        applied=counts["applied"],
        again=counts["again"],
        changed=counts["changed"],
        empty=counts["empty"],
        refused=sum(counts["not_applied"].values()),
        results=[(r.label, counts["by_result"].get(r, 0)) for r in RESULTS],
        fields=[(f.label, counts["by_field"].get(f, 0)) for f in MismatchedField],
        reasons=selectors.not_taken(event),
    )
