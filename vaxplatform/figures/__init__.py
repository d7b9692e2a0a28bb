"""Drawings made on the server: typed data in, escaped SVG out; no query, no clock, no language.

Texts arrive written (see `vaxplatform.formatting`), so one drawing serves both languages. An outer
`<svg>` without viewBox and with % coordinates keeps text at the size of the style sheet; shapes
that must stretch stand in an inner `<svg preserveAspectRatio="none">`. No inline styles.
"""

from vaxplatform.figures.charts import (
    Bin,
    CategoryBar,
    Legend,
    PromiseTexts,
    Segment,
    Series,
    Tick,
    category_bars,
    daily_bars,
    line_chart,
    moving_mean,
    nice_ticks,
    promise_distribution,
    stacked_bar,
)
from vaxplatform.figures.icons import ICON_SHAPES, icon
from vaxplatform.figures.maps import (
    Callout,
    MapClass,
    ProvinceFill,
    choropleth,
    class_labels,
    class_of,
    locator_map,
    map_legend,
    outlines,
    polygons,
)
from vaxplatform.figures.marks import (
    AxisMark,
    DayMark,
    DoseState,
    ProgressKind,
    brand_mark,
    forecast_line,
    progress,
    series_ring,
    sixty_minute_axis,
    table_bar,
    table_parts,
)

__all__ = [
    "ICON_SHAPES",
    "AxisMark",
    "Bin",
    "Callout",
    "CategoryBar",
    "DayMark",
    "DoseState",
    "Legend",
    "MapClass",
    "PromiseTexts",
    "ProgressKind",
    "ProvinceFill",
    "Segment",
    "Series",
    "Tick",
    "brand_mark",
    "category_bars",
    "choropleth",
    "class_labels",
    "class_of",
    "daily_bars",
    "forecast_line",
    "icon",
    "line_chart",
    "locator_map",
    "map_legend",
    "moving_mean",
    "nice_ticks",
    "outlines",
    "polygons",
    "progress",
    "promise_distribution",
    "series_ring",
    "sixty_minute_axis",
    "stacked_bar",
    "table_bar",
    "table_parts",
]
