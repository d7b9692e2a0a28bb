"""Drawings are well-formed, escaped, described, and true to their figures."""

import re
from xml.etree import ElementTree

import pytest

from vaxplatform import figures

SVG = "{http://www.w3.org/2000/svg}"
LEGEND = figures.Legend("key", "Title", "Description")


def parsed(markup: str) -> ElementTree.Element:
    """The drawing as a tree; raises ParseError when it is not well-formed."""
    return ElementTree.fromstring(  # noqa: S314 - made here
        markup.replace("<br>", "<br/>").replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1
        )
    )


def plain(value: float) -> str:
    return f"{value:g}"


def test_text_and_attributes_are_escaped() -> None:
    fill = figures.ProvinceFill("01", 0, '<script>alert("x")</script>', '/p/?a="1"&b=2')
    drawing = figures.choropleth([fill])
    assert "<script>" not in drawing
    assert "&lt;script&gt;" in drawing
    assert 'href="/p/?a=&quot;1&quot;&amp;b=2"' in drawing


def test_no_drawing_carries_an_inline_style() -> None:
    drawings = [
        figures.choropleth([]),
        figures.series_ring(["certified"]),
        figures.progress(50),
        figures.stacked_bar([figures.Segment("a", 1, "1")], legend=LEGEND),
    ]
    assert all("style=" not in drawing for drawing in drawings)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_ring_has_a_segment_for_each_dose_of_the_series(count: int) -> None:
    ring = parsed(figures.series_ring(["missing"] * count, text=f"0/{count}"))
    assert len(ring.findall(f"{SVG}path")) == count
    assert ring.findtext(f"{SVG}text") == f"0/{count}"


def test_the_ring_tells_certified_recorded_and_missing_apart_without_colour() -> None:
    ring = parsed(figures.series_ring(["certified", "recorded", "missing"]))
    solid, hatched, thin = ring.findall(f"{SVG}path")
    assert (solid.get("stroke-width"), solid.get("stroke-dasharray")) == ("14", None)
    assert hatched.get("stroke-dasharray") == "4 4"
    assert thin.get("stroke-width") == "2.5"


def test_a_complete_ring_shows_a_tick_instead_of_text() -> None:
    ring = parsed(figures.series_ring(["certified"] * 2, text="2/2", complete=True))
    assert ring.find(f"{SVG}text") is None
    assert len(ring.findall(f"{SVG}path")) == 3


@pytest.mark.parametrize(("percent", "width"), [(-5, "0%"), (30, "30%"), (130, "100%")])
def test_the_axis_never_leaves_its_ends(percent: float, width: str) -> None:
    mark = figures.AxisMark("10:02", "recorded")
    axis = parsed(
        figures.sixty_minute_axis(
            start=mark, earliest=mark, latest=mark, now_percent=percent, now_label="now"
        )
    )
    assert axis.findall(f"{SVG}rect")[2].get("width") == width


def test_an_overdue_axis_takes_the_colour_of_a_warning() -> None:
    mark = figures.AxisMark("10:02", "recorded")
    drawing = figures.sixty_minute_axis(
        start=mark, earliest=mark, latest=mark, now_percent=130, now_label="now", overdue=True
    )
    assert 'class="bwarn"' in drawing


def promise(bins: list[figures.Bin]) -> ElementTree.Element:
    texts = figures.PromiseTexts("promised", "observation", "minutes", "share", "later")
    return parsed(figures.promise_distribution(bins, legend=LEGEND, texts=texts, number=plain))


def test_late_certificates_stand_beyond_the_promise_with_their_figure() -> None:
    drawing = promise([figures.Bin(30, 60, 96), figures.Bin(60, None, 4)])
    late = [rect for rect in drawing.findall(f"{SVG}rect") if rect.get("class") == "b2"]
    assert len(late) == 1
    assert float(str(late[0].get("x")).rstrip("%")) > 76
    assert "4" in [text.text for text in drawing.findall(f"{SVG}text")]


def test_a_day_without_certificates_still_draws_the_promise() -> None:
    drawing = promise([])
    assert not [rect for rect in drawing.findall(f"{SVG}rect") if rect.get("class") == "b1"]
    assert drawing.get("aria-labelledby") == "key-title"


def test_a_chart_is_named_and_described() -> None:
    chart = parsed(
        figures.daily_bars([1, 2], legend=LEGEND, maximum=2, ticks=[0, 1], tick_text=plain)
    )
    assert chart.get("role") == "img"
    assert chart.find(f"{SVG}title").text == "Title"  # type: ignore[union-attr]
    assert chart.find(f"{SVG}desc").get("id") == chart.get("aria-describedby")  # type: ignore[union-attr]


def test_a_line_breaks_where_there_is_no_value() -> None:
    series = figures.Series("reported", "", [1, 2, None, 3])
    drawing = figures.line_chart([series], legend=LEGEND, maximum=4, ticks=[0], tick_text=plain)
    path = re.search(r'class="l1" d="([^"]*)"', drawing)
    assert path is not None
    assert path[1].count("M") == 2


def test_the_hour_that_is_still_running_is_hollow() -> None:
    bars = [figures.CategoryBar("9", 5), figures.CategoryBar("10", 2, plan=6, running=True)]
    drawing = parsed(
        figures.category_bars(
            bars, legend=LEGEND, maximum=8, ticks=[0, 4], tick_text=plain, number=plain
        )
    )
    assert [rect.get("class") for rect in drawing.findall(f"{SVG}rect")] == ["b1", "hollow"]


@pytest.mark.parametrize(
    ("maximum", "ticks"),
    [(0, [0]), (100, [0, 25, 50, 75, 100]), (2_091_069, [0, 1e6, 2e6]), (7, [0, 2, 4, 6])],
)
def test_ticks_are_round(maximum: float, ticks: list[float]) -> None:
    assert figures.nice_ticks(maximum) == ticks


def test_a_mean_looks_back_only() -> None:
    assert figures.moving_mean([7, 0, 0], days=2) == [7, 3.5, 0]


@pytest.mark.parametrize(("units", "count"), [(2021, 63), (2025, 34)])
def test_every_province_and_both_archipelagos_are_always_drawn(units: int, count: int) -> None:
    drawing = figures.choropleth([], units=units)  # type: ignore[arg-type]
    assert drawing.count("<path") == count
    assert "Hoàng Sa" in drawing
    assert "Trường Sa" in drawing
    assert drawing.count("<circle") == 15
    assert 'class="q' not in drawing.replace('class="qn"', "")


def test_islands_take_the_colour_of_their_province() -> None:
    drawing = figures.choropleth([figures.ProvinceFill("48", 3, "Đà Nẵng")])
    assert drawing.count('<circle class="q3"') == 6


@pytest.mark.parametrize(("value", "level"), [(59.9, 0), (60, 1), (206.9, 5)])
def test_a_value_on_a_break_belongs_to_the_upper_class(value: float, level: int) -> None:
    assert figures.class_of(value, (60, 80, 100, 120, 150)) == level


def test_a_bar_over_its_maximum_is_full_and_no_more() -> None:
    assert 'width="100%" height="100%"></rect><line' in figures.table_bar(300, 210, reference=100)


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        figures.icon("no-such-icon")
