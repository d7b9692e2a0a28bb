"""The picture that goes with a shared page: its figures and the map, 1200 × 630, as a PNG.

Services that show a picture beside a link take no SVG. The colours are those of the style sheet in
the light; the font has every Vietnamese letter.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from vaxplatform.figures import outlines, polygons
from vaxplatform.figures.maps import ISLAND_RADIUS

SIZE = (1200, 630)
MARGIN = 56
TEXT_WIDTH = 660
MAP_LEFT, MAP_TOP, MAP_SCALE = 730, 22, 0.975
FINER = 2  # drawn larger, then made smaller: smooth edges
INK, MUTED, BRAND, EDGE = "#12222b", "#465862", "#0b3a4d", "#5f7280"
CLASSES = ("#e1eff5", "#b5d6e6", "#7fb6d1", "#478fb3", "#1c678e", "#063f5a")
SOURCE = "© OpenStreetMap contributors, ODbL"


@dataclass(frozen=True)
class Card:
    """What the picture says: the site's name, a title, some (figure, words), the day; `levels`:
    the class of each province of 2021, None where there are no figures."""

    site: str
    title: str
    figures: Sequence[tuple[str, str]]
    note: str
    levels: Mapping[str, int | None]


@cache
def _font(size: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    path = files("fontpkg_be_vietnam_pro") / "files" / f"BeVietnamPro-{weight}.ttf"
    return ImageFont.truetype(io.BytesIO(path.read_bytes()), size)


def draw_card(card: Card) -> bytes:
    """The picture as a PNG."""
    image = Image.new("RGB", SIZE, "#ffffff")
    image.paste(_map(card.levels), (MAP_LEFT, MAP_TOP))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=BRAND)
    pen.text((MARGIN, 48), card.site, font=_font(26, "SemiBold"), fill=MUTED)
    y = _paragraph(pen, 92, card.title, 50 if len(card.title) < 48 else 40)
    room = (SIZE[1] - 70 - y) / max(len(card.figures), 1)
    for number, (figure, words) in enumerate(card.figures):
        top = y + 14 + number * room
        pen.text((MARGIN, top), figure, font=_font(58, "Bold"), fill=INK)
        pen.text((MARGIN, top + 74), words, font=_font(24), fill=MUTED)
    pen.text((MARGIN, SIZE[1] - 52), card.note, font=_font(22), fill=MUTED)
    pen.text((SIZE[0] - 16, SIZE[1] - 28), SOURCE, font=_font(14), fill=MUTED, anchor="ra")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _paragraph(pen: ImageDraw.ImageDraw, y: float, text: str, size: int) -> float:
    """Writes the words over as many lines as they need; returns where the next may begin."""
    font, line = _font(size, "Bold"), ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > TEXT_WIDTH:
            pen.text((MARGIN, y), line, font=font, fill=INK)
            y, longer = y + size * 1.3, word
        line = longer
    pen.text((MARGIN, y), line, font=font, fill=INK)
    return y + size * 1.3


def _map(levels: Mapping[str, int | None]) -> Image.Image:
    """The 63 provinces with Hoàng Sa and Trường Sa."""
    drawn, scale = outlines(2021), MAP_SCALE * FINER
    size = (int(456 * scale), int(606 * scale))
    image = Image.new("RGB", size, "#ffffff")
    pen = ImageDraw.Draw(image)

    def placed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [((x - drawn.left) * scale, y * scale) for x, y in points]

    for code, rings in polygons(2021).items():
        color, edge = _colors(levels.get(code))
        for ring in rings:
            pen.polygon(placed(ring), fill=color, outline=edge)
    for name, group in drawn.islands.items():
        color, edge = _colors(levels.get(group["province"]))
        for x, y in placed(group["points"]):
            radius = ISLAND_RADIUS * scale
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color, outline=edge)
        ((x, y),) = placed([group["label"]])
        font = _font(int(13 * scale), "SemiBold")
        pen.text((x, y + 8 * scale), name, font=font, fill=INK, anchor="ms")
    return image.resize((size[0] // FINER, size[1] // FINER), Image.Resampling.LANCZOS)


def _colors(level: int | None) -> tuple[str, str]:
    return ("#ffffff", EDGE) if level is None else (CLASSES[level], "#ffffff")
