"""Maps of the provinces: one hue, six classes, and Hoàng Sa and Trường Sa always drawn.

Outlines: © OpenStreetMap contributors, ODbL; the line stands wherever a map is drawn. The table on
the same page says the same; a map that has a name can be walked with the keyboard too.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from django.utils.safestring import SafeString

from vaxplatform.figures.svg import element, hidden_from_readers

NUMBER = re.compile(r"-?\d+\.?\d*")
ISLAND_RADIUS = 3.2
MAP_HEIGHT = 600
MAP_RIGHT = 448
TIP_HEIGHT = 16  # over the sea, where no province reaches


@dataclass(frozen=True)
class Outlines:
    """Province code → path data; island group → (province code, label place, points)."""

    provinces: Mapping[str, str]
    names: Mapping[str, str]
    islands: Mapping[str, Mapping[str, Any]]
    centers: Mapping[str, tuple[float, float]] = field(repr=False)
    left: float = 0

    @property
    def view_box(self) -> str:
        return f"{self.left:.0f} 0 {MAP_RIGHT - self.left:.0f} {MAP_HEIGHT}"


def _points(path: str) -> list[tuple[float, float]]:
    """The corners of a path of absolute moves and relative lines."""
    corners = []
    for part in path.split("M")[1:]:
        numbers = [float(found) for found in NUMBER.findall(part)]
        x, y = numbers[0], numbers[1]
        corners.append((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=False):
            x, y = x + dx, y + dy
            corners.append((x, y))
    return corners


def _center(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    across, down = zip(*points, strict=True)
    return (min(across) + max(across)) / 2, (min(down) + max(down)) / 2


@cache
def outlines(units: Literal[2021, 2025] = 2021) -> Outlines:
    """The outlines of the 63 provinces of 2021 or the 34 of 2025."""
    text = (Path(__file__).parent / f"outlines_{units}.json").read_text(encoding="utf-8")
    data = json.loads(text)
    corners = {row["code"]: _points(row["d"]) for row in data["provinces"]}
    return Outlines(
        provinces={row["code"]: row["d"] for row in data["provinces"]},
        names={row["code"]: row["name"] for row in data["provinces"]},
        islands=data["islands"],
        centers={code: _center(points) for code, points in corners.items()},
        left=min(x for points in corners.values() for x, _ in points) - 2,
    )


@cache
def polygons(
    units: Literal[2021, 2025] = 2021,
) -> Mapping[str, tuple[tuple[tuple[float, float], ...], ...]]:
    """Province code → its rings of corners, for drawings that are no SVG."""
    return {
        code: tuple(tuple(_points(f"M{part}")) for part in path.split("M")[1:])
        for code, path in outlines(units).provinces.items()
    }


def class_of(value: float, breaks: Sequence[float]) -> int:
    """0 for a value under the first of five rising breaks, 5 from the last one on."""
    return sum(value >= limit for limit in breaks)


@dataclass(frozen=True)
class ProvinceFill:
    """A province on the map: its class (None: no data), the words on pointing, where it leads."""

    code: str
    level: int | None
    title: str
    url: str = ""


@dataclass(frozen=True)
class Callout:
    """Words with a thin line to a province, at (x, y) of the map's 480 × 620 units."""

    code: str
    x: float
    y: float
    lines: tuple[str, ...]


def _fill(level: int | None) -> str:
    return "qn" if level is None else f"q{level}"


def _province(path: str, fill: ProvinceFill | None, name: str, tip_at: int | None) -> SafeString:
    """Its words stand at `tip_at`, the right edge of the map, while it is pointed at or focused;
    without a place for them they are the title that browsers show."""
    level = fill.level if fill else None
    words = fill.title if fill else name
    if tip_at is None:
        shape = element("path", element("title", words), class_=_fill(level), d=path)
        return element("a", shape, href=fill.url, tabindex="-1") if fill and fill.url else shape
    shapes = (
        element("path", class_=_fill(level), d=path),
        element("text", words, class_="tip", x=tip_at, y=TIP_HEIGHT, text_anchor="end"),
    )
    return element("a", *shapes, href=fill.url) if fill and fill.url else element("g", *shapes)


def _islands(drawn: Outlines, css: Mapping[str, str]) -> list[SafeString]:
    shapes = []
    for name, group in drawn.islands.items():
        shapes += [
            element("circle", class_=css[group["province"]], cx=x, cy=y, r=ISLAND_RADIUS)
            for x, y in group["points"]
        ]
        x, y = group["label"]
        shapes.append(element("text", name, x=x, y=y + 8, text_anchor="middle"))
    return shapes


def _callout(drawn: Outlines, callout: Callout) -> list[SafeString]:
    x, y = drawn.centers[callout.code]
    line = element(
        "line",
        class_="thin",
        x1=f"{x:.0f}",
        y1=f"{y:.0f}",
        x2=callout.x - 4,
        y2=callout.y - 4,
    )
    texts = [
        element("text", text, x=callout.x, y=callout.y + 17 * number)
        for number, text in enumerate(callout.lines)
    ]
    return [line, *texts]


def choropleth(
    fills: Iterable[ProvinceFill],
    *,
    units: Literal[2021, 2025] = 2021,
    callouts: Sequence[Callout] = (),
    label: str = "",
) -> SafeString:
    """The map. With a `label` its provinces can be walked by keyboard and say their words when
    pointed at or focused; without one it is hidden from screen readers.

    A province without a fill, or with level None, is white with an outline: no data.
    """
    drawn = outlines(units)
    by_code = {fill.code: fill for fill in fills}
    css = {
        code: _fill(by_code[code].level if code in by_code else None) for code in drawn.provinces
    }
    shapes = [
        _province(path, by_code.get(code), drawn.names[code], MAP_RIGHT - 2 if label else None)
        for code, path in drawn.provinces.items()
    ]
    shapes += _islands(drawn, css)
    for callout in callouts:
        shapes += _callout(drawn, callout)
    names = {"role": "group", "aria_label": label} if label else hidden_from_readers()
    return element("svg", *shapes, class_="map", viewBox=drawn.view_box, **names)


def locator_map(*codes: str, units: Literal[2021, 2025] = 2021) -> SafeString:
    """The country with one province marked, or some, each darker than the next."""
    levels = {code: max(5 - 2 * place, 2) for place, code in enumerate(codes)}
    return choropleth(
        [
            ProvinceFill(other, levels.get(other, 0 if len(codes) > 1 else 1), name)
            for other, name in outlines(units).names.items()
        ],
        units=units,
    )


@dataclass(frozen=True)
class MapClass:
    """A class in the legend: its bounds in words and how many provinces are in it."""

    label: str
    count_text: str


def map_legend(classes: Sequence[MapClass], *, label: str) -> SafeString:
    """The six classes with the number of provinces under each; `label` names the measure."""
    items = []
    for level, shown in enumerate(classes):
        swatch = element(
            "svg",
            element("rect", class_=f"q{level}", width="100%", height="100%"),
            **hidden_from_readers(),
        )
        count = element("span", shown.count_text, class_="muted")
        items.append(element("li", swatch, shown.label, element("br"), count))
    return element("ul", *items, class_="legend", aria_label=label)


def class_labels(breaks: Sequence[float], text: Any) -> list[str]:
    """The bounds of the classes in words: "< 60", "60–80" … "≥ 150"; `text` writes a number."""
    between = [f"{text(low)}–{text(high)}" for low, high in pairwise(breaks)]
    return [f"<\u00a0{text(breaks[0])}", *between, f"≥\u00a0{text(breaks[-1])}"]
