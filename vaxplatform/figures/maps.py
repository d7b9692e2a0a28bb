"""Maps of the provinces: one hue, six classes, and Hoàng Sa and Trường Sa always drawn.

Outlines: © OpenStreetMap contributors, ODbL; the line stands wherever a map is drawn. The links of
the map are for pointers only: the table on the same page is its equal for everyone else.
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


def _province(path: str, fill: ProvinceFill | None, name: str) -> SafeString:
    level = fill.level if fill else None
    title = element("title", fill.title if fill else name)
    shape = element("path", title, class_=_fill(level), d=path)
    if not (fill and fill.url):
        return shape
    return element("a", shape, href=fill.url, tabindex="-1")


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
) -> SafeString:
    """The map, hidden from screen readers (the table beside it says the same).

    A province without a fill, or with level None, is white with an outline: no data.
    """
    drawn = outlines(units)
    by_code = {fill.code: fill for fill in fills}
    css = {
        code: _fill(by_code[code].level if code in by_code else None) for code in drawn.provinces
    }
    shapes = [
        _province(path, by_code.get(code), drawn.names[code])
        for code, path in drawn.provinces.items()
    ]
    shapes += _islands(drawn, css)
    for callout in callouts:
        shapes += _callout(drawn, callout)
    return element("svg", *shapes, class_="map", viewBox=drawn.view_box, **hidden_from_readers())


def locator_map(code: str, *, units: Literal[2021, 2025] = 2021) -> SafeString:
    """The country with one province marked."""
    return choropleth(
        [
            ProvinceFill(other, 4 if other == code else 1, name)
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
