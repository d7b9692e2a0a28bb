"""The one place where markup is put together: every attribute and text is escaped here."""

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

VOID = {"br"}  # HTML reads <br></br> as two line breaks


def element(name: str, *children: str, **attributes: object) -> SafeString:
    """`<name attributes>children</name>`.

    Children that are not already safe are escaped. An attribute that is None is left out;
    `class_` is written class, `stroke_width` is written stroke-width.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{conditional_escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(conditional_escape(child) for child in children)
    end = "" if name in VOID else f"</{name}>"
    return mark_safe(f"<{name}{written}>{inner}{end}")  # noqa: S308 - all of it escaped above


def hidden_from_readers() -> dict[str, str]:
    """For a drawing that repeats what the words beside it say."""
    return {"aria_hidden": "true", "focusable": "false"}


def percentage(value: float) -> str:
    """A coordinate across the drawing: 12.5 → "12.5%"."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def pixels(value: float) -> str:
    """A coordinate down the drawing, one decimal: 12.50 → "12.5"."""
    return f"{value:.1f}".removesuffix(".0")


def described(
    key: str, title: str, description: str, *shapes: str, **attributes: object
) -> SafeString:
    """An `<svg role="img">` that is named by `title` and described by `description`.

    `key` is unique on the page: the ids of the two are made of it.
    """
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *shapes,
        role="img",
        aria_labelledby=f"{key}-title",
        aria_describedby=f"{key}-desc",
        **attributes,
    )
