"""Codes and papers are drawn when they are asked for, and kept for a while.

A drawing holds a person's name, so the cache named "drawings" is this process's own memory
(docs/adr/0014). Keeping is a favour to the machine and never a condition: where the cache does
not answer, the drawing is made again.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache import caches

log = structlog.get_logger(__name__)

LOOK = 1  # raise it when anything is drawn differently: no cache then shows the old look
Drawing = TypeVar("Drawing", bound=str | bytes)


def kept(draw: Callable[[], Drawing], kind: str, *says: str) -> Drawing:
    """The drawing that `draw` makes, kept under a hash of its kind and of all that it says.

    `says` must hold everything the drawing depends on: a corrected word is another drawing.
    """
    parts = "\0".join((str(LOOK), kind, *says))
    key = f"drawing:{hashlib.sha256(parts.encode()).hexdigest()}"
    drawing: Drawing | None = _ask("get", key)
    if drawing is None:
        drawing = draw()
        _ask("set", key, drawing)
    return drawing


def _ask(action: str, *words: Any) -> Any:
    """Do `action` on the cache; whatever is wrong with it is logged, and is no answer."""
    try:
        return getattr(caches["drawings"], action)(*words)
    except Exception as error:  # each cache has errors of its own
        log.warning("drawing_cache_failed", action=action, error=type(error).__name__)
        return None
