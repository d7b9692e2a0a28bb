"""Whether a health content has the fields of the certificate schema (1.3.0 to 1.3.3)."""

import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import fastjsonschema

from certificates.hcert.describe import KINDS

_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
    r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_plain(text: str) -> bool:
    """Tell whether `text` is free of control characters, which databases and pages stumble over."""
    return _CONTROL.search(text) is None


def is_day(text: str) -> bool:
    """Tell whether `text` is a date of the calendar, ``YYYY-MM-DD``."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """Tell whether `text` is a date and time with its offset; minutes of it may be missing."""
    match = _MOMENT.fullmatch(text)
    return match is not None and is_day(match[1])


@cache
def _validator() -> Callable[[Any], Any]:
    """Return the compiled schema; compiled once per process (about 30 ms)."""
    path = Path(__file__).with_name("data") / "schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    compiled: Callable[[Any], Any] = fastjsonschema.compile(
        schema, formats={"day": is_day, "moment": is_moment, "plain": is_plain}, use_default=False
    )
    return compiled


def has_single_entry(content: Any) -> bool:
    """Tell whether there is exactly one group (v, t or r) with exactly one entry."""
    if not isinstance(content, dict):
        return False
    groups = [content[kind] for kind in KINDS if kind in content]
    return len(groups) == 1 and isinstance(groups[0], list) and len(groups[0]) == 1


def is_valid(content: Any) -> bool:
    """Tell whether `content` satisfies the schema; that it has one entry is asked apart."""
    try:
        _validator()(content)
    except fastjsonschema.JsonSchemaException:
        return False
    return True
