"""Charts: the distribution of waits, daily bars, lines, bars by category, a bar of parts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.safestring import SafeString

from vaxplatform.figures.svg import described, element, percentage, pixels

TOP, BOTTOM = 18, 26
INNER_HEIGHT = 1000
Format = Callable[[float], str]


@dataclass(frozen=True)
class Legend:
    """How a drawing is named for screen readers; `key` is unique on the page."""

    key: str
    title: str
    description: str


@dataclass(frozen=True)
class Tick:
    """A label under the drawing; `at` is its place across in hundredths."""

    at: float
    label: str


@dataclass(frozen=True)
class Frame:
    """The room between the labels: its height in pixels and the value at its top."""

    height: int
    maximum: float
    top: int = TOP
    bottom: int = BOTTOM

    @property
    def plot(self) -> int:
        return self.height - self.top - self.bottom

    def y(self, value: float) -> float:
        """Pixels from the top of the drawing."""
        return self.top + self.plot * (1 - value / self.maximum)


def nice_ticks(maximum: float, count: int = 4) -> list[float]:
    """Round values from 0 to at or just under `maximum`, about `count` steps of 1, 2, 2.5 or 5."""
    if maximum <= 0:
        return [0]
    raw = maximum / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    return [step * index for index in range(int(maximum / step + 1e-9) + 1)]


def moving_mean(values: Sequence[float], days: int = 7) -> list[float]:
    """The mean of each value and the up to `days` - 1 before it."""
    means = []
    for index in range(len(values)):
        window = values[max(0, index - days + 1) : index + 1]
        means.append(sum(window) / len(window))
    return means


def _grid(
    frame: Frame, ticks: Sequence[float], text: Format, marks: Sequence[Tick]
) -> list[SafeString]:
    shapes = []
    for value in ticks:
        y = pixels(frame.y(value))
        shapes.append(
            element("line", class_="grid" if value else "base", x1="0", x2="100%", y1=y, y2=y)
        )
        if value:
            shapes.append(element("text", text(value), x="0", y=pixels(frame.y(value) - 4)))
    floor = frame.top + frame.plot
    for mark in marks:
        x = percentage(mark.at)
        shapes.append(element("line", class_="base", x1=x, x2=x, y1=floor, y2=floor + 5))
        anchor = "e" if mark.at > 96 else "m" if mark.at > 4 else None
        shapes.append(element("text", mark.label, class_=anchor, x=x, y=floor + 20))
    return shapes


def _stretched(frame: Frame, count: int, *shapes: str) -> SafeString:
    """Shapes over `count` equal steps across and 1000 units down, stretched over the plot."""
    return element(
        "svg",
        *shapes,
        x="0",
        y=frame.top,
        width="100%",
        height=frame.plot,
        viewBox=f"0 0 {max(count, 1)} {INNER_HEIGHT}",
        preserveAspectRatio="none",
    )


def _level(frame: Frame, value: float) -> str:
    return f"{INNER_HEIGHT * (1 - value / frame.maximum):.0f}"


def _path(frame: Frame, values: Sequence[float | None]) -> str:
    """A line through the middle of each step; it breaks where there is no value."""
    parts, open_ = [], False
    for index, value in enumerate(values):
        if value is not None:
            command = "L" if open_ else "M"
            parts.append(f"{command}{index + 0.5:.1f} {_level(frame, value)}")
        open_ = value is not None
    return "".join(parts)


def _chart(legend: Legend, height: int, *shapes: str) -> SafeString:
    return described(
        legend.key, legend.title, legend.description, *shapes, class_="ch", height=height
    )


# ── the promise ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Bin:
    """Doses whose certificate came `from_minutes` to `to_minutes` after the start; None is open."""

    from_minutes: float
    to_minutes: float | None
    percent: float


@dataclass(frozen=True)
class PromiseTexts:
    """The words in the distribution, in the page's language."""

    promised: str
    observation: str
    unit: str
    share: str
    later: str


PROMISE_WIDTH = 76  # hundredths of the width that the promised time takes


def promise_distribution(
    bins: Sequence[Bin],
    *,
    legend: Legend,
    texts: PromiseTexts,
    number: Format,
    earliest: float = 30,
    deadline: float = 60,
    height: int = 170,
) -> SafeString:
    """How long certificates took: bars in time up to `deadline`, late ones beyond it.

    `bins` cover 0 minutes and more; those that begin at or after the deadline are late, stand
    apart with their figures, and take no room when there are none.
    """
    frame = Frame(height, max((b.percent for b in bins), default=0) * 1.05 or 1, 22, 40)
    scale = PROMISE_WIDTH / deadline
    floor = frame.top + frame.plot
    before = percentage(earliest * scale)
    shapes = [
        element("rect", class_="b0", opacity=".5", x="0", y=floor - 10, width=before, height="10"),
        *(_timely_bar(frame, b, scale, deadline) for b in bins if b.from_minutes < deadline),
        *_late_bars(frame, [b for b in bins if b.from_minutes >= deadline], number),
        element("line", class_="base", x1="0", x2="100%", y1=floor + 0.5, y2=floor + 0.5),
        *_promise_labels(frame, scale, texts, earliest, deadline),
    ]
    return _chart(legend, height, *shapes)


def _timely_bar(frame: Frame, bin_: Bin, scale: float, deadline: float) -> SafeString:
    end = min(bin_.to_minutes if bin_.to_minutes is not None else deadline, deadline)
    return element(
        "rect",
        class_="b1",
        x=percentage(bin_.from_minutes * scale),
        width=percentage((end - bin_.from_minutes) * scale - 0.6),
        y=pixels(frame.y(bin_.percent)),
        height=pixels(frame.plot * bin_.percent / frame.maximum),
    )


def _late_bars(frame: Frame, late: Sequence[Bin], number: Format) -> list[SafeString]:
    shapes = []
    room = (100 - PROMISE_WIDTH - 2.5) / max(len(late), 1)
    for index, bin_ in enumerate(late):
        x = PROMISE_WIDTH + 2.5 + index * room
        y = frame.y(bin_.percent)
        width = min(room - 2, 9)
        shapes.append(
            element(
                "rect",
                class_="b2",
                x=percentage(x),
                width=percentage(width),
                y=pixels(y),
                height=pixels(frame.plot * bin_.percent / frame.maximum),
            )
        )
        shapes.append(
            element(
                "text",
                number(bin_.percent),
                class_="t-b m",
                x=percentage(x + width / 2),
                y=pixels(y - 6),
            )
        )
    return shapes


def _promise_labels(
    frame: Frame, scale: float, texts: PromiseTexts, earliest: float, deadline: float
) -> list[SafeString]:
    floor = frame.top + frame.plot
    at_deadline = percentage(deadline * scale)
    middle = (earliest + deadline) / 2
    under = [
        element("text", f"{minute:g}", class_="m", x=percentage(minute * scale), y=floor + 16)
        for minute in (earliest, middle, deadline)
    ]
    return [
        element("line", class_="ref", x1=at_deadline, x2=at_deadline, y1=frame.top - 16, y2=floor),
        element(
            "text",
            texts.promised,
            class_="e t-b",
            x=percentage(deadline * scale - 1.5),
            y=frame.top - 8,
        ),
        element(
            "text", texts.observation, class_="m", x=percentage(earliest * scale / 2), y=floor - 16
        ),
        element("text", "0", x="0", y=floor + 16),
        *under,
        element("text", texts.later, class_="e", x="100%", y=floor + 16),
        element("text", texts.unit, x="0", y=floor + 34),
        element("text", texts.share, class_="e", x="100%", y=floor + 34),
    ]


# ── time ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Series:
    """A line: "reported" is solid, "recorded" dashed and in the other hue, "mean" thin, "other"
    dotted: the second of two places.

    `values` has one value a step, None where there is none. `label` stands at (`label_at`,
    `label_value`): hundredths across, and a value; without `label_value` beside its last value.
    """

    kind: Literal["reported", "recorded", "mean", "other"]
    label: str
    values: Sequence[float | None]
    label_at: float = 100
    label_value: float | None = None


LINE_CLASSES = {
    "reported": ("l1", "t1"),
    "recorded": ("l2", "t2"),
    "mean": ("l0", "t-b"),
    "other": ("l3", "t-b"),
}


def line_chart(
    series: Sequence[Series],
    *,
    legend: Legend,
    maximum: float,
    ticks: Sequence[float],
    tick_text: Format,
    marks: Sequence[Tick] = (),
    shade_between: bool = False,
    height: int = 280,
) -> SafeString:
    """Lines over the same steps; `shade_between` fills the gap between the first two."""
    frame = Frame(height, maximum)
    count = max((len(line.values) for line in series), default=1)
    shapes = []
    if shade_between and len(series) > 1:
        shapes.append(_gap(frame, series[0].values, series[1].values))
    shapes += [
        element("path", class_=LINE_CLASSES[line.kind][0], d=_path(frame, line.values))
        for line in series
    ]
    return _chart(
        legend,
        height,
        *_grid(frame, ticks, tick_text, marks),
        _stretched(frame, count, *shapes),
        *(_line_label(frame, line) for line in series if line.label),
    )


def _gap(frame: Frame, above: Sequence[float | None], below: Sequence[float | None]) -> SafeString:
    known = [
        (index, high, low)
        for index, (high, low) in enumerate(zip(above, below, strict=False))
        if high is not None and low is not None
    ]
    there = "L".join(f"{index + 0.5:.1f} {_level(frame, high)}" for index, high, _ in known)
    back = "L".join(f"{index + 0.5:.1f} {_level(frame, low)}" for index, _, low in reversed(known))
    return element("path", class_="gap", d=f"M{there}L{back}z" if known else "")


def _line_label(frame: Frame, line: Series) -> SafeString:
    last = next((value for value in reversed(line.values) if value is not None), 0)
    value = last if line.label_value is None else line.label_value
    return element(
        "text",
        line.label,
        class_=f"{LINE_CLASSES[line.kind][1]} e halo",
        x=percentage(line.label_at),
        y=pixels(frame.y(value) + (14 if line.label_value is None else 0)),
    )


def daily_bars(
    values: Sequence[float],
    *,
    legend: Legend,
    maximum: float,
    ticks: Sequence[float],
    tick_text: Format,
    marks: Sequence[Tick] = (),
    mean: Sequence[float] | None = None,
    peak: tuple[str, str] | None = None,
    height: int = 270,
) -> SafeString:
    """A thin bar a day with the line of a mean over it.

    `peak` is the two lines written beside the highest bar: its figure, and its day.
    """
    frame = Frame(height, maximum)
    count = len(values)
    shapes = [
        _stretched(frame, count, element("path", class_="b0", d=_bars(frame, values))),
        *_grid(frame, ticks, tick_text, marks),
    ]
    if mean:
        shapes.append(_stretched(frame, count, element("path", class_="l1", d=_path(frame, mean))))
    if peak and values:
        shapes += _peak(frame, values, peak)
    return _chart(legend, height, *shapes)


def _bars(frame: Frame, values: Sequence[float]) -> str:
    return "".join(
        f"M{index + 0.1:.1f} {INNER_HEIGHT}V{_level(frame, value)}h.8V{INNER_HEIGHT}z"
        for index, value in enumerate(values)
        if value > 0
    )


def _peak(frame: Frame, values: Sequence[float], texts: tuple[str, str]) -> list[SafeString]:
    index = max(range(len(values)), key=values.__getitem__)
    at = (index + 0.5) / len(values) * 100
    side, x = (" e", at - 1) if at > 45 else ("", at + 1)
    y = frame.y(values[index])
    return [
        element("text", texts[0], class_=f"t-b halo{side}", x=percentage(x), y=pixels(y + 2)),
        element("text", texts[1], class_=f"halo{side}", x=percentage(x), y=pixels(y + 18)),
    ]


# ── categories ────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class CategoryBar:
    """A bar with its label under it; `plan` is a line across it; `running` is hollow and dashed."""

    label: str
    value: float | None
    plan: float | None = None
    running: bool = False


def category_bars(
    bars: Sequence[CategoryBar],
    *,
    legend: Legend,
    maximum: float,
    ticks: Sequence[float],
    tick_text: Format,
    number: Format,
    label_every: int = 1,
    height: int = 206,
) -> SafeString:
    """Bars by hour or another short list; the hour that is not over yet is hollow."""
    frame = Frame(height, maximum, 22, 24)
    room = 88 / max(len(bars), 1)
    shapes: list[str] = list(_grid(frame, ticks, tick_text, ()))
    for index, bar in enumerate(bars):
        shapes += _category(frame, bar, 12 + index * room, room, number)
        if index % label_every == 0:
            middle = percentage(12 + index * room + room * 0.36)
            y = frame.top + frame.plot + 18
            shapes.append(element("text", bar.label, class_="m", x=middle, y=y))
    return _chart(legend, height, *shapes)


def _category(
    frame: Frame, bar: CategoryBar, x: float, room: float, number: Format
) -> list[SafeString]:
    width = room * 0.72
    shapes = []
    if bar.value is not None:
        shapes.append(
            element(
                "rect",
                class_="hollow" if bar.running else "b1",
                x=percentage(x),
                width=percentage(width),
                y=pixels(frame.y(bar.value)),
                height=pixels(frame.plot * bar.value / frame.maximum),
            )
        )
    if bar.plan is not None:
        y = pixels(frame.y(bar.plan))
        ends = {"x1": percentage(x - room * 0.1), "x2": percentage(x + width + room * 0.1)}
        shapes.append(element("line", class_="plan", y1=y, y2=y, **ends))
    if bar.value:
        above = frame.y(bar.value) - 6
        if bar.plan is not None and abs(frame.y(bar.plan) - above + 5) < 11:
            above = frame.y(max(bar.value, bar.plan)) - 6  # the figure would cross the plan
        middle = percentage(x + width / 2)
        shapes.append(
            element("text", number(bar.value), class_="t-b m halo", x=middle, y=pixels(above))
        )
    return shapes


@dataclass(frozen=True)
class Segment:
    """A part of a whole, with its words under it."""

    label: str
    value: float
    text: str
    kind: Literal["b0", "b1", "b2", "bok", "bwarn", "bbad"] = "b1"


def stacked_bar(segments: Sequence[Segment], *, legend: Legend, gap: float = 0.5) -> SafeString:
    """One bar of parts across the whole width; the last part's words stand at the right edge."""
    total = sum(segment.value for segment in segments) or 1
    shapes, x = [], 0.0
    for segment in segments:
        width = segment.value / total * 100
        last = segment is segments[-1]
        at = "100%" if last else percentage(x)
        anchor = "e" if last else None
        shapes += [
            element(
                "rect",
                class_=segment.kind,
                x=percentage(x),
                width=percentage(max(width - gap, 0)),
                y="0",
                height="16",
            ),
            element("text", segment.label, class_=anchor, x=at, y="34"),
            element("text", segment.text, class_="t-b e" if last else "t-b", x=at, y="52"),
        ]
        x += width
    return _chart(legend, 58, *shapes)
