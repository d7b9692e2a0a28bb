"""/staff/people/: records that may be one person, judged by two people; joined and taken apart.

Every move is a POST that ends in a redirect; each look at a pair is kept for both records.
"""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from registration.services.access import AccessPurpose, log_access
from response_center.forms.people import ApartForm, DifferentForm, PairFilterForm
from response_center.models import DuplicatePair, PairStatus
from response_center.selectors import people as selectors
from response_center.selectors.people import PairList
from response_center.services import joining
from response_center.views.desk import place_of
from sites.rights import WORK_CASES, staff_page
from vaxplatform import formatting
from vaxplatform.components import Tab
from vaxplatform.errors import DomainError, add_to_form

PAGE = 25


class PairPaginator(Paginator):
    """Counts no further than anybody pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return selectors.count_pairs(rows)


@never_cache
@staff_page(WORK_CASES)
@require_GET
def pairs(request: Any) -> HttpResponse:
    """The lists of pairs; those that wait for a second person stand before those to judge."""
    wanted = request.GET.get("list", "")
    chosen = PairList(wanted) if wanted in PairList.values else PairList.TO_JUDGE
    form = PairFilterForm(request.GET)
    rows = selectors.pairs_in(chosen, form.filters)
    page = PairPaginator(rows, PAGE).get_page(request.GET.get("page"))
    waiting = []
    if chosen == PairList.TO_JUDGE and page.number == 1:
        waiting = list(selectors.pairs_for_a_second(form.filters)[: selectors.WAITING_SHOWN])
    context = {
        "tabs": _tabs(request, chosen, form),
        "chosen": chosen,
        "filter": form,
        "waiting": [(pair, pair.proposed_by_id == request.user.pk) for pair in waiting],
        "lines": [(pair, False) for pair in page.object_list],
        "page_obj": page,
        "place": place_of(request.posting),
        "posting": request.posting,
    }
    return render(request, "response_center/people/pairs.html", context)


def _tabs(request: Any, chosen: PairList, form: PairFilterForm) -> list[Tab]:
    tabs = []
    for each in PairList:
        count = selectors.count_pairs(selectors.pairs_in(each, form.filters))
        if each == PairList.TO_JUDGE:
            count += selectors.count_pairs(selectors.pairs_for_a_second(form.filters))
        more = "+" if count >= selectors.COUNTED_AT_MOST else ""
        query = request.GET.copy()
        query.pop("page", None)
        query["list"] = each.value
        text = f"{each.label} ({formatting.number(count)}{more})"
        tabs.append(Tab(f"?{query.urlencode()}", text, each == chosen))
    return tabs


@never_cache
@staff_page(WORK_CASES)
@require_http_methods(["GET", "POST"])
def pair(request: Any, public_id: uuid.UUID) -> HttpResponse:
    """Two records side by side; POST says what they are."""
    found = _pair_or_404(public_id)
    if request.method == "POST":
        return _judge(request, found, timezone.now())
    _log_look(request, found)
    selectors.with_papers(found)
    is_mine = found.proposed_by_id == request.user.pk
    context = {
        "pair": found,
        "fields": selectors.fields_of_two(found.kept, found.merged),
        "doses": selectors.doses_beside(found.kept, found.merged),
        "conflict": _conflict(found),
        "may_propose": found.status == PairStatus.FOUND,
        "may_join": found.status == PairStatus.PROPOSED and not is_mine,
        "may_part": found.status in joining.OPEN_PAIR,
        "may_ask_again": found.status in (PairStatus.DIFFERENT, PairStatus.REVERSED),
        "is_mine": is_mine,
        "different_form": DifferentForm(),
        "place": place_of(request.posting),
        "posting": request.posting,
    }
    return render(request, "response_center/people/pair.html", context)


def _pair_or_404(public_id: uuid.UUID) -> DuplicatePair:
    found = selectors.pair_by_number(public_id)
    if found is None:
        raise Http404
    return found


def _log_look(request: Any, found: DuplicatePair) -> None:
    for citizen in (found.kept, found.merged):
        log_access(citizen=citizen, account=request.user, purpose=AccessPurpose.CASE)


def _conflict(found: DuplicatePair) -> str:
    """Why the two cannot be joined as they are; "" where they can, or are."""
    if found.status == PairStatus.MERGED:
        return ""
    refusal = joining.conflict_between(found.kept, found.merged)
    return "" if refusal is None else str(refusal.detail)


def _judge(request: Any, found: DuplicatePair, now: datetime.datetime) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action in ("same", "same-other"):
            keep = found.kept if action == "same" else found.merged
            joining.propose_pair(pair=found, by=request.user, now=now, keep=keep)
            done = gettext("Kept. The two records wait for a second person now.")
        elif action == "different":
            form = DifferentForm(request.POST)
            reason = form.cleaned_data["reason"] if form.is_valid() else ""
            joining.call_different(pair=found, by=request.user, now=now, reason=reason)
            done = gettext("Kept: two persons. The pair does not come up again.")
        elif action == "join":
            joining.join(pair=found, by=request.user, now=now)
            done = gettext("The two records are one now. Certificates are issued anew.")
        else:
            raise Http404
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("response_center_staff:pair", public_id=found.public_id)
    messages.success(request, done)
    if action == "join":
        return redirect("response_center_staff:pair", public_id=found.public_id)
    return redirect("response_center_staff:pairs")


@never_cache
@staff_page(WORK_CASES)
@require_http_methods(["GET", "POST"])
def apart(request: Any, public_id: uuid.UUID) -> HttpResponse:
    """What goes back and what stays, before anything is taken apart."""
    found = _pair_or_404(public_id)
    form = ApartForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid() and _take_apart(request, found, form, timezone.now()):
            return redirect("response_center_staff:pair", public_id=found.public_id)
    elif found.status != PairStatus.MERGED:
        return redirect("response_center_staff:pair", public_id=found.public_id)
    _log_look(request, found)
    context = {
        "pair": found,
        "back": selectors.goes_back(found),
        "form": form,
        "place": place_of(request.posting),
        "posting": request.posting,
    }
    return render(request, "response_center/people/apart.html", context)


def _take_apart(
    request: Any, found: DuplicatePair, form: ApartForm, now: datetime.datetime
) -> bool:
    try:
        done = joining.take_apart(
            pair=found, by=request.user, reason=form.cleaned_data["reason"], now=now
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    said = gettext("The two records are apart again.")
    if done.stayed:
        said += " " + ngettext(
            "%(count)d dose recorded since stayed with the record that was kept.",
            "%(count)d doses recorded since stayed with the record that was kept.",
            done.stayed,
        ) % {"count": done.stayed}
    messages.success(request, said)
    return True
