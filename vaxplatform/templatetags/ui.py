"""`{% load ui %}`: the components, drawings and number formats that pages are built from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vaxplatform import figures, formatting, navigation, staff
from vaxplatform.components import PageLink
from vaxplatform.figures import AxisMark
from vaxplatform.text_size import LARGE, chosen_size

register = template.Library()

NOTICE_SYMBOLS = {"info": "info", "ok": "check", "warn": "clock", "bad": "alert"}
TAG_SYMBOLS = {"ok": "check", "act": "clock", "warn": "clock", "bad": "cross", "": "todo"}

for _name in (
    "number",
    "signed",
    "percent",
    "millions",
    "day",
    "short_day",
    "clock",
    "moment",
    "partial_date",
):
    register.filter(_name, getattr(formatting, _name))


def component(name: str, **context: Any) -> SafeString:
    """The component's markup; `context` is all it sees."""
    return render_to_string(f"vaxplatform/components/{name}.html", context)


# ── drawings ──────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """{% icon "check" %}: decorative, so words must stand beside it."""
    return figures.icon(name, css)


@register.simple_tag
def brand_mark(size: int = 38, one_color: bool = False) -> SafeString:
    return figures.brand_mark(size, one_color=one_color)


@register.simple_tag
def series_ring(
    states: Sequence[figures.DoseState],
    text: str = "",
    complete: bool = False,
    small: bool = False,
) -> SafeString:
    """{% series_ring states text="1/2" %}; states: "certified", "recorded" or "missing"."""
    return figures.series_ring(states, text=text, complete=complete, small=small)


@register.simple_tag
def progress(percent: float, kind: figures.ProgressKind = "fg") -> SafeString:
    """{% progress 60 "ok" %}; kinds: fg, ok, warn, bad."""
    return figures.progress(percent, kind)


@register.simple_tag
def table_bar(
    value: float, maximum: float, recorded: bool = False, reference: float | None = None
) -> SafeString:
    """{% table_bar row.rate 210 reference=100 %}, in a <td class="barcell wide">."""
    return figures.table_bar(value, maximum, recorded=recorded, reference=reference)


@register.simple_block_tag
def sixty_minute_axis(
    content: str,
    start_at: datetime,
    earliest_at: datetime,
    due_at: datetime,
    now: datetime,
    start_caption: str = "",
) -> SafeString:
    """{% sixty_minute_axis start_at earliest_at due_at now %}what to do meanwhile{% end… %}.

    `start_at` is the moment the wait is counted from; its caption is "recorded" unless given.
    """
    whole = (due_at - start_at).total_seconds() or 1
    overdue = now > due_at
    times = {"start": formatting.clock(start_at), "due": formatting.clock(due_at)}
    sentence = _("Dose recorded %(start)s · certificate expected by %(due)s") % times
    label = _("now, %(time)s") % {"time": formatting.clock(now)}
    if overdue:
        sentence = _("Dose recorded %(start)s · the certificate was due by %(due)s") % times
    drawing = figures.sixty_minute_axis(
        start=AxisMark(formatting.clock(start_at), start_caption or _("recorded")),
        earliest=AxisMark(formatting.clock(earliest_at), _("earliest")),
        latest=AxisMark(formatting.clock(due_at), _("latest")),
        earliest_at_percent=(earliest_at - start_at).total_seconds() / whole * 100,
        now_percent=(now - start_at).total_seconds() / whole * 100,
        now_label=label,
        overdue=overdue,
    )
    return component("axis", sentence=sentence, drawing=drawing, content=content)


# ── forms ─────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag(name="field")
def form_field(bound: BoundField) -> SafeString:
    """{% field form.name %}: label, hint, error and input of a form made with FormMixin."""
    return bound.as_field_group()


@register.simple_tag
def error_summary(*forms: BaseForm) -> SafeString:
    """{% error_summary form %}: before the h1, each error linked to the very input."""
    errors: list[tuple[str, str]] = []
    for form in forms:
        errors += [("", str(message)) for message in form.non_field_errors()]
        for bound in form:
            target = getattr(bound, "error_target", bound.auto_id)
            errors += [(target, str(message)) for message in bound.errors]
    return component("error_summary", errors=errors, count=len(errors))


# ── messages and states ───────────────────────────────────────────────────────────────────────
@register.simple_block_tag
def notice(
    content: str,
    kind: str = "info",
    title: str = "",
    level: int = 2,
    symbol: str = "",
    live: bool = False,
    id: str = "",  # noqa: A002 - the attribute's name
) -> SafeString:
    """{% notice kind="warn" title=… %}<p>…</p>{% endnotice %}; kinds: info, ok, warn, bad."""
    return component(
        "notice",
        content=content,
        kind=kind,
        title=title,
        level=level,
        symbol=symbol or NOTICE_SYMBOLS[kind],
        live=live,
        id=id,
    )


@register.simple_tag
def tag(kind: str, text: str, symbol: str = "") -> SafeString:
    """{% tag "ok" _("Has a certificate") %}; kinds: ok, act, warn, bad and ""."""
    css = f"tag tag--{kind}" if kind else "tag"
    return format_html(
        '<span class="{}">{}{}</span>', css, figures.icon(symbol or TAG_SYMBOLS[kind]), text
    )


@register.simple_block_tag
def status_card(
    content: str,
    color: str,
    states: Sequence[figures.DoseState],
    kicker: str,
    title: str,
    text: str = "",
    complete: bool = False,
    label: str = "",
) -> SafeString:
    """{% status_card color="yellow" states=… kicker=… title=… text="1/2" %}<p>…</p>{% end… %}.

    The colour follows the doses on record: yellow begun, green complete, "none" before the first.
    """
    ring = figures.series_ring(states, text=text, complete=complete)
    return component(
        "status_card",
        content=content,
        color=color,
        ring=ring,
        kicker=kicker,
        title=title,
        label=label or _("Vaccination status"),
    )


@register.simple_block_tag
def empty(content: str, title: str, level: int = 2) -> SafeString:
    """{% empty title=… %}<p>What would stand here, and a link.</p>{% endempty %}."""
    return component("empty", content=content, title=title, level=level)


@register.simple_block_tag
def panel(content: str, title: str = "", key: str = "", level: int = 2) -> SafeString:
    """{% panel title=… key="unique-id" %}…{% endpanel %}."""
    return component("panel", content=content, title=title, key=key, level=level)


@register.simple_tag
def steps(items: Iterable[Any]) -> SafeString:
    """{% steps items %}: `components.steps(texts, at=2)` makes the items."""
    return component("steps", steps=list(items))


@register.simple_tag
def chain(items: Iterable[Any]) -> SafeString:
    """{% chain items %}: `components.ChainStep`s, the way to a certificate."""
    return component("chain", steps=list(items))


@register.simple_tag
def checks(items: Iterable[Any]) -> SafeString:
    """{% checks items %}: `components.Check`s, what was looked at and found."""
    return component("checks", checks=list(items))


@register.simple_tag
def summary_list(rows: Iterable[Any], stack: bool = False) -> SafeString:
    """{% summary_list rows %}: `components.SummaryRow`s; `stack` for narrow places."""
    return component("summary_list", rows=list(rows), stack=stack)


@register.simple_tag
def people(items: Iterable[Any], label: str = "") -> SafeString:
    """{% people chips %}: `components.PersonChip`s, the household."""
    return component("people", people=list(items), label=label or _("People in the household"))


@register.simple_tag
def job(url: str, title: str, detail: str = "", symbol: str = "") -> SafeString:
    """{% job "/register/" title detail "cal" %} in <ul class="jobs">; without symbol outlined."""
    return component("job", url=url, title=title, detail=detail, symbol=symbol)


# ── data ──────────────────────────────────────────────────────────────────────────────────────
@register.simple_block_tag
def tile(content: str, label: str, value: str, unit: str = "", definition: str = "") -> SafeString:
    """{% tile label=… value=… unit=… definition="#def-reported" %}description{% endtile %}."""
    return component(
        "tile", content=content, label=label, value=value, unit=unit, definition=definition
    )


@register.simple_block_tag
def scroll(content: str, label: str, all_columns: str = "") -> SafeString:
    """{% scroll label=… all_columns="?columns=all" %}<table class="table">…{% endscroll %}.

    `all_columns` is the page whose table has the class table--all and hides nothing on phones.
    """
    return component("scroll", content=content, label=label, all_columns=all_columns)


@register.simple_block_tag
def figure(
    content: str,
    finding: str,
    measure: str = "",
    source: str = "",
    csv: str = "",
    table: str = "",
    level: int = 2,
    id: str = "",  # noqa: A002 - the attribute's name
) -> SafeString:
    """{% figure finding=… measure=… source=… csv=url table=url %}drawing{% endfigure %}."""
    return component(
        "figure",
        content=content,
        finding=finding,
        measure=measure,
        source=source,
        csv=csv,
        table=table,
        level=level,
        id=id,
    )


@register.simple_tag
def tabs(items: Iterable[Any], label: str) -> SafeString:
    """{% tabs items _("What the map shows") %}: `components.Tab`s."""
    return component("tabs", tabs=list(items), label=label)


@register.simple_tag
def crumbs(here: str, *links: str) -> SafeString:
    """{% crumbs "Dose 2" "/account/" "Health book" %}: here, then address and text of each."""
    return component("crumbs", here=here, links=list(zip(links[::2], links[1::2], strict=True)))


def _with_query(context: Mapping[str, Any], **changes: str) -> str:
    """The page's own query with some parameters set, as "?a=1&b=2"."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query[key] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changes: str) -> str:
    """{% with_query page=2 %}: a link to this page that keeps the rest of its query."""
    return _with_query(context, **{key: str(value) for key, value in changes.items()})


@register.simple_tag(takes_context=True)
def pagination(context: Mapping[str, Any], page: Page, label: str = "") -> SafeString:
    """{% pagination page_obj %}: links that keep the query; nothing for a single page."""
    around = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    links = [
        PageLink(
            text=str(number),
            url=_with_query(context, page=str(number)) if isinstance(number, int) else "",
            current=number == page.number,
        )
        for number in around
    ]
    before = page.has_previous() and _with_query(context, page=str(page.number - 1))
    after = page.has_next() and _with_query(context, page=str(page.number + 1))
    return component(
        "pagination", pages=links, previous=before, next=after, label=label or _("Pages")
    )


@register.simple_tag(takes_context=True)
def sort_header(
    context: Mapping[str, Any], key: str, text: str, current: str, css: str = ""
) -> SafeString:
    """{% sort_header "rate" _("Doses per 100") sort "num" %}: a <th> whose link sorts the table.

    `current` is the sort in force, with "-" before it for descending (`?sort=-rate`); pressing the
    current column turns it round, another one starts with its largest values.
    """
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "none")
    target = key if current == f"-{key}" else f"-{key}"
    url = _with_query(context, sort=target)
    return component("sort_header", url=url, text=text, direction=direction, css=css)


# ── the frame of a page ───────────────────────────────────────────────────────────────────────
@register.simple_tag(takes_context=True)
def main_navigation(context: Mapping[str, Any]) -> list[navigation.NavigationLink]:
    """The header's links; pages without a request (errors) mark none."""
    request = context.get("request")
    return navigation.navigation(request.path if request else "")


@register.simple_tag
def footer_navigation() -> tuple[navigation.NavigationLink, ...]:
    return navigation.FOOTER_LINKS


@register.simple_tag(takes_context=True)
def staff_navigation(context: Mapping[str, Any]) -> list[Any]:
    """Groups and links of the staff's menu that this person may follow."""
    request = context.get("request")
    return staff.staff_navigation(request) if request else []


@register.inclusion_tag("vaxplatform/components/demo_band.html")
def demo_band() -> dict[str, bool]:
    """Says that the data is not real, on an installation with demo data."""
    return {"shown": bool(getattr(settings, "DEMO", False))}


@register.simple_tag(takes_context=True)
def text_size_class(context: Mapping[str, Any]) -> SafeString:
    """The class of the page's root where the reader chose large type."""
    is_large = chosen_size(context.get("request")) == LARGE
    return format_html(' class="{}"', "large-type") if is_large else SafeString()


@register.inclusion_tag("vaxplatform/components/text_size.html", takes_context=True)
def text_size_switch(context: Mapping[str, Any]) -> dict[str, Any]:
    """The button that makes the text of every page larger, or normal again."""
    request = context.get("request")
    return {"request": request, "is_large": chosen_size(request) == LARGE}
