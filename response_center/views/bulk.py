"""/staff/cases/answer-many/: one answer to the many reports that one cause explains.

The reports stand in the address (GET), the answer is previewed, then sent (POST).
"""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from response_center.access import OFFICERS
from response_center.forms.bulk import ManyForm, WhichForm
from response_center.models import AnswerTemplate, AnswerUse, Case
from response_center.selectors import cases_in_reach, to_work
from response_center.services.answers import fill
from response_center.services.bulk import ANSWERED_AT_ONCE, answer_many, answerable
from response_center.views.desk import frame_of, queue_line
from sites.rights import ANSWER_CASES, WORK_CASES, role_allows, staff_page
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form

SHOWN = 25


@staff_page(WORK_CASES, ANSWER_CASES)
@never_cache
@require_http_methods(["GET", "POST"])
def answer_many_page(request: Any) -> HttpResponse:
    """For those who work cases themselves: agents, and officers with what came up to them."""
    if not (role_allows(request.user, WORK_CASES) or request.posting.role in OFFICERS):
        raise PermissionDenied
    now = timezone.now()
    which = WhichForm(request.GET or None, posting=request.posting)
    rows = _meant(request, which, now)
    form = ManyForm(request.POST) if request.method == "POST" else _start(request)
    preview = rows is not None and request.method == "POST" and form.is_valid()
    if rows is not None and preview and "send" in request.POST:
        sent = _send(request, form, rows, now)
        if sent is not None:
            return sent
    return render(
        request,
        "response_center/staff/answer_many.html",
        {
            "which": which,
            "form": form if request.method == "POST" else None,
            "answer": form,
            "preview": _preview(form, rows) if rows is not None and preview else None,
            "texts": _texts(request),
            **_shown(request, rows, now),
            **frame_of(request.posting),
        },
    )


def _meant(request: Any, which: WhichForm, now: datetime.datetime) -> "QuerySet[Case] | None":
    """The reports that may be answered so; None until they were chosen."""
    if not which.is_bound or not which.is_valid():
        return None
    reach = to_work(cases_in_reach(request.posting), request.posting)
    return answerable(which.apply(reach), by=request.user, now=now)


def _start(request: Any) -> ManyForm:
    """The form, with the text that ?text= names."""
    code = request.GET.get("text", "")[:40]
    text = AnswerTemplate.objects.filter(code=code, is_active=True).first()
    filled = {"text_vi": text.text_vi, "text_en": text.text_en, "cause": text.cause} if text else {}
    return ManyForm(initial={"key": uuid.uuid4(), **filled})


def _texts(request: Any) -> list[dict[str, str]]:
    english = formatting.is_english(get_language())
    rows = AnswerTemplate.objects.filter(use=AnswerUse.RESOLVE, is_active=True)
    query = request.GET.copy()
    found = []
    for row in rows:
        query["text"] = row.code
        title = row.title_en if english else row.title_vi
        found.append({"url": f"?{query.urlencode()}#answer", "title": title})
    return found


def _shown(request: Any, rows: "QuerySet[Case] | None", now: datetime.datetime) -> dict[str, Any]:
    if rows is None:
        return {}
    count = rows.select_related(None).order_by()[: ANSWERED_AT_ONCE + 1].count()
    first = rows.order_by("urgency", "due_at", "pk")[:SHOWN]
    return {
        "is_chosen": True,
        "count": count,
        "is_too_many": count > ANSWERED_AT_ONCE,
        "limit": ANSWERED_AT_ONCE,
        "lines": [queue_line(case, request.user, now) for case in first],
    }


def _preview(form: ManyForm, rows: "QuerySet[Case]") -> dict[str, str] | None:
    """What the first of the people would read, in each language."""
    case = rows.order_by("urgency", "due_at", "pk").first()
    if case is None:
        return None
    return {
        "vi": fill(form.cleaned_data["text_vi"], case, "vi"),
        "en": fill(form.cleaned_data["text_en"], case, "en"),
        "number": case.number,
    }


def _send(
    request: Any, form: ManyForm, rows: "QuerySet[Case]", now: datetime.datetime
) -> HttpResponse | None:
    values = form.cleaned_data
    try:
        answer = answer_many(
            cases=rows,
            cause=values["cause"],
            text_vi=values["text_vi"],
            text_en=values["text_en"],
            closes=values["closes"],
            by=request.user,
            now=now,
            key=values["key"],
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return None
    count = answer.cases.count()
    said = ngettext("%(count)s report is answered.", "%(count)s reports are answered.", count)
    messages.success(request, said % {"count": formatting.number(count)})
    if not answer.closes:
        messages.info(request, gettext("They stay open."))
    return redirect("response_center_staff:queue")
