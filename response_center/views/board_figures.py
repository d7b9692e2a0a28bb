"""The command board's drawings, from its figures."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from certificates.kept_promise import KeptPromise
from response_center.selectors import board as figures_of
from vaxplatform import figures, formatting

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST_HOUR, LAST_HOUR = 7, 17  # always on the axis; others come with their doses
TARGET_PERCENT = 99.9  # promise 2


def _number(value: float) -> str:
    return formatting.number(value)


# ── the promise ───────────────────────────────────────────────────────────────────────────────
def promise(kept: KeptPromise) -> dict[str, Any]:
    share = formatting.share(kept.in_time, kept.doses)
    context: dict[str, Any] = {
        "share": share,
        "in_time": kept.in_time,
        "doses": kept.doses,
        "late": kept.doses - kept.in_time,
        "deadline": round(kept.deadline_minutes),
        "is_kept": share is not None and float(share) >= TARGET_PERCENT,
        "target": TARGET_PERCENT,
    }
    if kept.doses:
        context["drawing"] = _distribution(kept)
    return context


def _distribution(kept: KeptPromise) -> str:
    minutes = formatting.number(round(kept.deadline_minutes))
    spoken = "; ".join(
        f"{wait.from_minutes:g}–{wait.to_minutes:g}: {wait.doses}"
        if wait.to_minutes is not None
        else f"> {wait.from_minutes:g}: {wait.doses}"
        for wait in kept.waits
    )
    return figures.promise_distribution(
        [
            figures.Bin(wait.from_minutes, wait.to_minutes, wait.doses * 100 / kept.doses)
            for wait in kept.waits
            if wait.doses or wait.from_minutes < kept.deadline_minutes
        ],
        legend=figures.Legend(
            "promise", gettext("Minutes from the injection to the certificate"), spoken
        ),
        texts=figures.PromiseTexts(
            promised=gettext("promised: %(minutes)s minutes") % {"minutes": minutes},
            observation=gettext("observation"),
            unit=gettext("minutes since the injection"),
            share=gettext("% of doses"),
            later=gettext("over %(minutes)s") % {"minutes": minutes},
        ),
        number=lambda value: formatting.number(value, 1),
        earliest=kept.earliest_minutes,
        deadline=kept.deadline_minutes,
    )


# ── doses ─────────────────────────────────────────────────────────────────────────────────────
def doses_by_hour(
    doses: figures_of.DosesToday, plan: dict[int, float], now: datetime.datetime
) -> str:
    """`plan`: seats by hour, drawn as marks."""
    running = now.astimezone(HANOI).hour
    shown = {FIRST_HOUR, LAST_HOUR, *doses.by_hour, *plan}
    hours = range(min(shown), max(shown) + 1)
    most = max((*doses.by_hour.values(), *plan.values()), default=0) or 1
    bars = [
        figures.CategoryBar(
            gettext("%(hour)dh") % {"hour": hour},
            None if hour > running else doses.by_hour.get(hour, 0),
            plan=plan.get(hour),
            running=hour == running,
        )
        for hour in hours
    ]
    spoken = "; ".join(_hour_in_words(hour, doses, plan) for hour in hours)
    return figures.category_bars(
        bars,
        legend=figures.Legend("hours", gettext("Doses by hour today, and the plan"), spoken),
        maximum=most * 1.15,
        ticks=[tick for tick in figures.nice_ticks(most, 2) if tick == int(tick)],
        tick_text=_number,
        number=_number,
        label_every=3 if len(bars) > 8 else 1,
    )


def _hour_in_words(hour: int, doses: figures_of.DosesToday, plan: dict[int, float]) -> str:
    words = f"{gettext('%(hour)dh') % {'hour': hour}}: {_number(doses.by_hour.get(hour, 0))}"
    return f"{words} / {_number(plan[hour])}" if hour in plan else words


# ── cases ─────────────────────────────────────────────────────────────────────────────────────
def case_ages(cases: figures_of.OpenCases) -> str:
    labels = ("< 12", "12–24", "24–48", "> 48")
    segments = [
        figures.Segment(label, count, _number(count), "bbad" if label == "> 48" else "b1")
        for label, count in zip(labels, cases.by_age, strict=True)
        if count
    ]
    spoken = "; ".join(f"{each.label}: {each.text}" for each in segments)
    return figures.stacked_bar(
        segments,
        legend=figures.Legend("ages", gettext("Open reports by age in hours"), spoken or "0"),
    )
