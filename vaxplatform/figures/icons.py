"""Icons on a 24-pixel grid, drawn with a round 2-pixel stroke; always beside words."""

from django.utils.safestring import SafeString

from vaxplatform.figures.svg import element, hidden_from_readers

# name: path data; a circle is written as "cx cy r"
ICON_SHAPES: dict[str, tuple[str, ...]] = {
    "alert": ("M12 3L2 20.5h20z", "M12 9.5v5M12 17.4v.2"),
    "arrow": ("M4 12h15M13 6l6 6-6 6",),
    "book": ("M5 3h14v18H7a2 2 0 0 1-2-2zM5 19a2 2 0 0 1 2-2h12", "M9 9.5l2 2 4-4"),
    "box": ("M3 8l9-5 9 5v9l-9 5-9-5zM3 8l9 5 9-5M12 13v9",),
    "cal": ("M3.5 5.5h17v15h-17zM3.5 10h17M8 2.8v4.4M16 2.8v4.4M12 12.5v5M9.5 15h5",),
    "chart": ("M3 21h18M6 17v-5M11 17V8M16 17v-7M20 17V4",),
    "check": ("M4 12.5l5.5 5.5L20 6.5",),
    "clock": ("12 12 9", "M12 6.5V12l4 2.5"),
    "cross": ("M5 5l14 14M19 5L5 19",),
    "doc": ("M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h7",),
    "dot": ("12 12 5",),
    "down": ("M12 3v13M6 10.5l6 6 6-6M4 21h16",),
    "edit": ("M4 20l1-5L16 4l4 4L9 19z",),
    "info": ("12 12 9", "M12 11v6M12 7.3v.2"),
    "lock": ("M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4",),
    "mail": ("M3 5h18v14H3zM3 6l9 7 9-7",),
    "print": ("M7 8V3h10v5M7 17H4V8h16v9h-3", "M7 14h10v7H7z"),
    "scan": ("M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",),
    "search": ("10.5 10.5 6.5", "M15.5 15.5L21 21"),
    "shot": ("M18 3l3 3M19.5 4.5L16 8M9 6l9 9M10.5 7.5L4 14v3.5L7.5 21H10l6.5-6.5M3 21l2.5-2",),
    "todo": ("12 12 8 dashed",),
    "user": ("12 8 4", "M4 21c1-5 4-7 8-7s7 2 8 7"),
}


def _shape(data: str) -> SafeString:
    if data.startswith("M"):
        return element("path", d=data)
    x, y, radius, *dashed = data.split()
    return element("circle", cx=x, cy=y, r=radius, stroke_dasharray="3 3" if dashed else None)


def icon(name: str, css: str = "") -> SafeString:
    """The icon called `name`; `css` adds classes. Raises KeyError for an unknown name."""
    return element(
        "svg",
        *(_shape(data) for data in ICON_SHAPES[name]),
        class_=f"ic {css}".strip(),
        viewBox="0 0 24 24",
        **hidden_from_readers(),
    )
