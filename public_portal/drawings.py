"""The portal's maps and charts: sums in, drawings with words in the page's language out."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import accumulate

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from public_portal.entry_days import EntryDay
from public_portal.promise import PromiseToday
from public_portal.rules import Measure
from public_portal.selectors import Day, Units, UnitTotals
from vaxplatform import figures, formatting
from vaxplatform.figures import Callout, Legend, Series, Tick

# Where words beside the map have room on the sea, by the height of the province they point at.
_ROOM = ((210, ((236, 146), (236, 60))), (400, ((262, 330), (258, 180))))
_ROOM_BELOW = ((262, 540), (258, 470))
MILLION = 1_000_000


def province_url(code: str) -> str:
    return reverse("public_portal:province", args=[code])


def figure_text(measure: Measure, value: object) -> str:
    write = formatting.percent if measure.is_share else formatting.number
    return write(value, 1)  # type: ignore[arg-type]


def extremes(rows: Sequence[UnitTotals], measure: Measure) -> tuple[UnitTotals, ...]:
    """The units with the highest and the lowest figure, or () where all show the same one."""
    known = [row for row in rows if getattr(row.totals, measure.attribute) is not None]
    known = [row for row in known if row.totals.doses]
    ranked = sorted(known, key=lambda row: getattr(row.totals, measure.attribute))
    shown = {figure_text(measure, getattr(row.totals, measure.attribute)) for row in ranked}
    return (ranked[-1], ranked[0]) if len(shown) > 1 else ()


def finding_of(rows: Sequence[UnitTotals], measure: Measure) -> str:
    """The title of the map: what it shows."""
    found = extremes(rows, measure)
    if not found:
        return str(measure.tab)
    sentences = {
        "doses": _("For its adults, %(high)s has had the most doses, %(low)s the fewest"),
        "people": _("%(high)s has reached the largest share of its adults, %(low)s the smallest"),
        "residents": _(
            "Of the adults who live there, %(high)s has reached most, %(low)s fewest, on record"
        ),
        "full": _("%(high)s has most of its adults fully vaccinated, on record, %(low)s fewest"),
        "boosters": _("For its adults, %(high)s has had the most boosters, %(low)s the fewest"),
        "unrecorded": _(
            "%(high)s has most of its reported doses still to record, %(low)s the fewest"
        ),
    }
    return sentences[measure.key] % {"high": found[0].name, "low": found[1].name}


def country_map(rows: Sequence[UnitTotals], measure: Measure, units: Units) -> SafeString:
    """The map with its legend; provinces without figures are white."""
    levels = {row.code: level_of(row, measure) for row in rows}
    fills = [
        figures.ProvinceFill(
            row.code,
            levels[row.code],
            f"{row.name}: {figure_text(measure, getattr(row.totals, measure.attribute))}",
            province_url(row.code) if units == 2021 else "",
        )
        for row in rows
    ]
    labels = figures.class_labels(measure.breaks, formatting.number)
    counts = [list(levels.values()).count(level) for level in range(len(labels))]
    classes = [
        figures.MapClass(
            label,
            ngettext("%(count)s province", "%(count)s provinces", count) % {"count": count},
        )
        for label, count in zip(labels, counts, strict=True)
    ]
    legend = figures.map_legend(
        classes, label=_("%(measure)s, and how many provinces") % {"measure": measure.tab}
    )
    drawing = figures.choropleth(
        fills,
        units=units,
        callouts=_callouts(rows, measure, units),
        label=_("Map: %(measure)s") % {"measure": measure.tab},
    )
    return legend + drawing


def level_of(row: UnitTotals, measure: Measure) -> int | None:
    value = getattr(row.totals, measure.attribute)
    if value is None or not (row.totals.reported or row.totals.recorded):
        return None
    return figures.class_of(float(value), measure.breaks)


def _callouts(rows: Sequence[UnitTotals], measure: Measure, units: Units) -> list[Callout]:
    found = extremes(rows, measure)
    centers = figures.outlines(units).centers
    taken: set[tuple[int, int]] = set()
    callouts = []
    for words, row in zip((_("Highest:"), _("Lowest:")), found, strict=False):
        height = centers[row.code][1]
        room = next((places for limit, places in _ROOM if height < limit), _ROOM_BELOW)
        x, y = room[0] if room[0] not in taken else room[1]
        taken.add((x, y))
        value = figure_text(measure, getattr(row.totals, measure.attribute))
        callouts.append(Callout(row.code, x, y, (words, row.name, value)))
    return callouts


# ── time ──────────────────────────────────────────────────────────────────────────────────────
def month_marks(days: Sequence[Day]) -> list[Tick]:
    """A tick on the first of each month (every other one, or third, of a long time), the year
    where it is new."""
    return _marks([day.day for day in days])


def _marks(days: Sequence[date]) -> list[Tick]:
    firsts = [(n, day) for n, day in enumerate(days) if day.day == 1]
    firsts = firsts[:: max(1, round(len(firsts) / 8))]
    marks, year = [], None
    for place, first in firsts:
        label = f"{first:%m}" if first.year == year else f"{first:%m/%Y}"
        year = first.year
        marks.append(Tick((place + 0.5) / len(days) * 100, label))
    return marks


def _scale(maximum: float, unit: str) -> tuple[list[float], Callable[[float], str]]:
    """Round ticks and how to write them; the topmost carries the unit, millions from a million."""
    ticks = figures.nice_ticks(maximum)
    large = maximum >= MILLION

    def text(value: float) -> str:
        figure = formatting.millions(value) if large else formatting.number(value)
        if value != ticks[-1]:
            return figure
        millions = _("%(figure)s million %(unit)s") if large else "%(figure)s %(unit)s"
        return millions % {"figure": figure, "unit": unit}

    return ticks, text


def daily_chart(days: Sequence[Day], *, key: str) -> SafeString:
    """Headline doses of each day with the mean of seven days."""
    values = [day.doses for day in days]
    highest = max(days, key=lambda day: day.doses)
    ticks, text = _scale(highest.doses, _("doses"))
    doses = _("%(doses)s doses") % {"doses": formatting.number(highest.doses)}
    return figures.daily_bars(
        values,
        legend=Legend(
            key,
            _("Doses a day"),
            _("From %(first)s to %(last)s; the most, %(doses)s, on %(day)s.")
            % {
                "first": formatting.day(days[0].day),
                "last": formatting.day(days[-1].day),
                "doses": doses,
                "day": formatting.day(highest.day),
            },
        ),
        maximum=highest.doses * 1.05,
        ticks=ticks,
        tick_text=text,
        mean=figures.moving_mean(values),
        peak=(doses, _("the most, %(day)s") % {"day": formatting.day(highest.day)}),
        marks=month_marks(days),
        height=250,
    )


def _two_lines(
    reported: Sequence[float], recorded: Sequence[float], days: Sequence[Day], legend: Legend
) -> SafeString:
    top = max(*reported, *recorded, 1)
    ticks, text = _scale(top, _("doses"))
    return figures.line_chart(
        [
            Series("reported", _("Reported"), reported, *_word_place(reported)),
            Series("recorded", _("Recorded"), recorded, 100, recorded[-1] + top * 0.05),
        ],
        legend=legend,
        maximum=top * 1.12,
        ticks=ticks,
        tick_text=text,
        marks=month_marks(days),
        shade_between=True,
        height=230,
    )


def _word_place(values: Sequence[float]) -> tuple[float, float]:
    """Where a word that ends there is clear of the line: left of its highest point, at its height;
    hundredths across, and a value."""
    highest = max(range(len(values)), key=values.__getitem__)
    return max(highest / len(values) * 100 - 2, 25), values[highest] * 0.97


def mean_chart(days: Sequence[Day], *, key: str) -> SafeString:
    """Reported and recorded doses a day, as means of seven days."""
    reported = figures.moving_mean([day.reported for day in days])
    recorded = figures.moving_mean([day.recorded for day in days])
    description = _("On %(day)s %(reported)s reported and %(recorded)s recorded doses a day.") % {
        "day": formatting.day(days[-1].day),
        "reported": formatting.number(reported[-1]),
        "recorded": formatting.number(recorded[-1]),
    }
    legend = Legend(key, _("Reported and recorded doses a day, mean of 7 days"), description)
    return _two_lines(reported, recorded, days, legend)


def gap_chart(days: Sequence[Day], *, key: str) -> SafeString:
    """Reported and recorded doses, summed up from the first day."""
    reported = list(accumulate(day.reported for day in days))
    recorded = list(accumulate(day.recorded for day in days))
    description = _("By %(day)s %(reported)s doses reported and %(recorded)s recorded.") % {
        "day": formatting.day(days[-1].day),
        "reported": formatting.number(reported[-1]),
        "recorded": formatting.number(recorded[-1]),
    }
    legend = Legend(key, _("Reported and recorded doses, all until each day"), description)
    return _two_lines(reported, recorded, days, legend)


# ── the promise ───────────────────────────────────────────────────────────────────────────────
def promise_chart(today: PromiseToday, *, key: str) -> SafeString:
    """How long today's certificates took."""
    deadline = f"{today.deadline_minutes:g}"
    parts = [
        _("%(share)s within %(from)s–%(to)s minutes")
        % {
            "share": formatting.percent(bin_.percent),
            "from": f"{bin_.from_minutes:g}",
            "to": f"{bin_.to_minutes:g}",
        }
        if bin_.to_minutes is not None
        else _("%(share)s later or not yet") % {"share": formatting.percent(bin_.percent)}
        for bin_ in today.bins
        if bin_.percent
    ]
    return figures.promise_distribution(
        today.bins if today.doses else (),
        legend=Legend(key, _("How long today's certificates took"), "; ".join(parts)),
        texts=figures.PromiseTexts(
            promised=_("promised: %(minutes)s minutes") % {"minutes": deadline},
            observation=_("observation"),
            unit=_("minutes since the injection"),
            share=_("% of doses"),
            later=_("over %(minutes)s") % {"minutes": deadline},
        ),
        number=lambda value: formatting.number(value, 1),
        earliest=today.earliest_minutes,
        deadline=today.deadline_minutes,
    )


# ── two provinces, two kinds of days ──────────────────────────────────────────────────────────
def entry_chart(days: Sequence[EntryDay], *, key: str) -> SafeString:
    """Doses on record by the day of the injection and by the day of the entry, means of 7 days."""
    given = figures.moving_mean([day.given for day in days])
    entered = figures.moving_mean([day.entered for day in days])
    description = _(
        "On %(day)s %(given)s doses a day by the injection, %(entered)s by the entry."
    ) % {
        "day": formatting.day(days[-1].day),
        "given": formatting.number(given[-1]),
        "entered": formatting.number(entered[-1]),
    }
    return _line_pair(
        Series("recorded", _("By the injection"), given, *_word_place(given)),
        Series("other", _("By the entry"), entered, *_word_place(entered)),
        days=[day.day for day in days],
        legend=Legend(key, _("Doses on record by day of injection and of entry"), description),
        unit=_("doses"),
    )


def compare_chart(
    values: Sequence[tuple[str, Sequence[float]]],
    days: Sequence[date],
    legend: Legend,
    unit: str,
) -> SafeString:
    """The same figure of two provinces: the first a solid line, the second dotted."""
    (first, ones), (second, others) = values
    upper, lower = _either_side(ones, others)
    return _line_pair(
        Series("reported", first, ones, *upper),
        Series("other", second, others, *lower),
        days=days,
        legend=legend,
        unit=unit,
    )


def _either_side(
    ones: Sequence[float], others: Sequence[float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Places for the words of two lines: where these are farthest apart, over the upper one and
    under the lower one."""
    count, top = len(ones), max(*ones, *others, 1)
    at = max(range(count // 4, count), key=lambda n: abs(ones[n] - others[n]), default=0)
    over = max(ones[at], others[at]) + top * 0.04
    under = max(min(ones[at], others[at]) - top * 0.11, top * 0.03)
    x = (at + 1) / max(count, 1) * 100
    places = ((x, over), (x, under))
    return places if ones[at] >= others[at] else (places[1], places[0])


def _line_pair(
    first: Series, second: Series, *, days: Sequence[date], legend: Legend, unit: str
) -> SafeString:
    top = max([value or 0 for line in (first, second) for value in line.values] + [1])
    ticks, text = _scale(top, unit)
    return figures.line_chart(
        [first, second],
        legend=legend,
        maximum=top * 1.12,
        ticks=ticks,
        tick_text=text,
        marks=_marks(days),
        height=230,
    )
