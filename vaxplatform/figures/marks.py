"""The two drawn forms of the platform, the series ring and the sixty-minute axis, and thin bars."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.safestring import SafeString

from vaxplatform.figures.svg import element, hidden_from_readers, percentage, pixels

DoseState = Literal["certified", "recorded", "missing"]
RING_RADIUS = 41
RING_GAP = 0.34  # radians between two segments


def _arc(radius: float, start: float, end: float) -> str:
    """Path of an arc around (50, 50); angles in radians, clockwise from the top."""

    def point(angle: float) -> str:
        return f"{50 + radius * math.sin(angle):.1f} {50 - radius * math.cos(angle):.1f}"

    large = 1 if end - start > math.pi else 0
    return f"M{point(start)}A{radius} {radius} 0 {large} 1 {point(end)}"


def _segment(state: DoseState, path: str) -> SafeString:
    if state == "missing":
        return element("path", d=path, stroke_width="2.5")
    dashes = "4 4" if state == "recorded" else None
    return element("path", d=path, stroke_width="14", stroke_dasharray=dashes)


def _tick(color: str | None = None) -> SafeString:
    return element(
        "path",
        d="M31 52l13 13 26-29",
        stroke=color,
        stroke_width="9",
        stroke_linecap="round",
        stroke_linejoin="round",
    )


def series_ring(
    states: Sequence[DoseState], *, text: str = "", complete: bool = False, small: bool = False
) -> SafeString:
    """One segment for each dose of the product's series, first dose first, clockwise.

    "certified" is solid, "recorded" (certificate in progress) hatched, "missing" a thin line.
    In the middle stands `text` ("1/2"), or a tick when `complete`. The ring is hidden from screen
    readers: a sentence beside it says the same.
    """
    count = len(states)
    gap = RING_GAP if count > 1 else 0
    shapes = []
    for index, state in enumerate(states):
        start = 2 * math.pi * index / count + gap / 2
        end = 2 * math.pi * (index + 1) / count - gap / 2 - (0.001 if count == 1 else 0)
        shapes.append(_segment(state, _arc(RING_RADIUS, start, end)))
    if complete:
        shapes.append(_tick())
    elif text:
        shapes.append(element("text", text, x="50", y="59"))
    css = "ring ring--s" if small else "ring"
    return element("svg", *shapes, class_=css, viewBox="0 0 100 100", **hidden_from_readers())


def brand_mark(size: int = 38, *, one_color: bool = False) -> SafeString:
    """The mark: a closed ring of two doses with a tick; `size` in pixels.

    For dark ground in white and yellow; with `one_color` in the colour of the text, no tick.
    """
    right = "currentColor" if one_color else "#f6c945"
    left = "currentColor" if one_color else "#fff"
    shapes = [
        element("path", d=_arc(40, 3.32, 6.11), stroke=left, stroke_width="15"),
        element("path", d=_arc(40, 0.17, 2.97), stroke=right, stroke_width="15"),
    ]
    if not one_color:
        shapes.append(_tick("#fff"))
    return element(
        "svg",
        *shapes,
        width=size,
        height=size,
        viewBox="0 0 100 100",
        fill="none",
        **hidden_from_readers(),
    )


@dataclass(frozen=True)
class AxisMark:
    """A moment under the axis: its clock time and the word for it."""

    time: str
    caption: str


def sixty_minute_axis(
    *,
    start: AxisMark,
    earliest: AxisMark,
    latest: AxisMark,
    earliest_at_percent: float = 50,
    now_percent: float | None = None,
    now_label: str = "",
    overdue: bool = False,
) -> SafeString:
    """The wait of one certificate, from the record to the promised time, over the whole width.

    `earliest_at_percent` and `now_percent` are shares of that wait, 0 to 100; `overdue` fills the
    axis in the colour of a warning. Hidden from screen readers: the sentence above says it.
    """
    middle = percentage(earliest_at_percent)
    window = percentage(100 - earliest_at_percent)
    faint = {"y": "34", "height": "14", "opacity": ".35"}
    shapes = [
        element("rect", x="0", width="100%", rx="2", class_="b0", **faint),
        element("rect", x=middle, width=window, class_="b1", **faint),
    ]
    if now_percent is not None:
        shapes += _now(min(max(now_percent, 0), 100), now_label, overdue=overdue)
    shapes += [
        *_axis_text(start, "0", ""),
        *_axis_text(earliest, middle, "m"),
        *_axis_text(latest, "100%", "e"),
    ]
    return element("svg", *shapes, class_="ch axis__svg", **hidden_from_readers())


def _now(at: float, label: str, *, overdue: bool) -> list[SafeString]:
    x = percentage(at)
    # The label stays inside of the drawing at both ends.
    anchor = "e" if at > 70 else "m" if at > 30 else ""
    css = "bwarn" if overdue else "b1"
    return [
        element("rect", x="0", y="34", width=x, height="14", rx="2", class_=css),
        element("line", class_="mark", x1=x, x2=x, y1="26", y2="56"),
        element("text", label, class_=f"t-b {anchor}".strip(), x=x, y="18"),
    ]


def _axis_text(mark: AxisMark, x: str, anchor: str) -> list[SafeString]:
    return [
        element("text", mark.time, class_=f"t-b {anchor}".strip(), x=x, y="70"),
        element("text", mark.caption, class_=anchor or None, x=x, y="88"),
    ]


ProgressKind = Literal["fg", "ok", "warn", "bad"]


def progress(percent: float, kind: ProgressKind = "fg") -> SafeString:
    """A thin bar filled to `percent`; the figure in words stands beside it."""
    width = percentage(min(max(percent, 0), 100))
    return element(
        "svg",
        element("rect", class_="bg", width="100%", height="100%", rx="4"),
        element("rect", class_=kind, width=width, height="100%", rx="4"),
        class_="prog",
        **hidden_from_readers(),
    )


def table_bar(
    value: float, maximum: float, *, recorded: bool = False, reference: float | None = None
) -> SafeString:
    """A bar in a table cell, `value` of `maximum`; `reference` draws an upright line (100, say)."""
    scale = 100 / maximum if maximum else 0
    shapes = [
        element("rect", class_="bg", width="100%", height="100%"),
        element(
            "rect",
            class_="s2" if recorded else None,
            width=percentage(min(max(value * scale, 0), 100)),
            height="100%",
        ),
    ]
    if reference is not None:
        x = percentage(reference * scale)
        shapes.append(element("line", x1=x, x2=x, y1="0", y2="100%"))
    return element("svg", *shapes, class_="bar", **hidden_from_readers())


PartKind = Literal["s1", "s2", "rest"]


def table_parts(parts: Sequence[tuple[float, PartKind]], maximum: float) -> SafeString:
    """A bar in a table cell made of parts one after the other, `maximum` the whole width."""
    scale = 100 / maximum if maximum else 0
    shapes, x = [element("rect", class_="bg", width="100%", height="100%")], 0.0
    for value, kind in parts:
        width = max(value, 0) * scale
        shapes.append(
            element("rect", class_=kind, x=percentage(x), width=percentage(width), height="100%")
        )
        x += width
    return element("svg", *shapes, class_="bar", **hidden_from_readers())


@dataclass(frozen=True)
class DayMark:
    """A day on the forecast line; `percent` is its place across."""

    percent: float
    label: str


def forecast_line(
    *, injected: DayMark, today: DayMark, expected_from: float, expected_to: float, label: str
) -> SafeString:
    """The days from an injection to the forecast range, places across in hundredths."""
    middle = (expected_from + expected_to) / 2
    now = percentage(today.percent)
    shapes = [
        element("line", class_="grid", x1="0", x2="100%", y1="30", y2="30", stroke_width="2"),
        element(
            "rect",
            class_="b1",
            x=percentage(expected_from),
            width=percentage(max(expected_to - expected_from, 1)),
            y="23",
            height="14",
            rx="3",
        ),
        element("circle", cx=percentage(max(injected.percent, 1.5)), cy="30", r="6", class_="b0"),
        element("circle", cx=now, cy="30", r="7", class_="bwarn"),
        element("text", injected.label, x="0", y="58"),
        element("text", today.label, class_="t-b m", x=now, y="12"),
        element(
            "text",
            label,
            class_="t-b e" if middle > 70 else "t-b m",
            x="100%" if middle > 70 else percentage(middle),
            y="58",
        ),
    ]
    return element("svg", *shapes, class_="ch", height=pixels(66), **hidden_from_readers())
