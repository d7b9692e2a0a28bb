"""How often a second something can be done by one core.

Seconds are those of this process's CPU time: the machine is shared, and what others take from it is
no part of the figure. Several things are done in turns, so that caches and clocks which others heat
up fall on all of them alike.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.test import override_settings

from bench.result import typical

ROUNDS = 7


def per_second(works: dict[str, Callable[[], object]], *, seconds: float) -> dict[str, float]:
    """Name → calls a second of CPU, the typical of ROUNDS turns; `seconds` for all."""
    turn = seconds / ROUNDS / len(works)
    rates: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()  # tables and fonts are made on the first call
    for _round in range(ROUNDS):
        for name, work in works.items():
            rates[name].append(_turn(work, turn))
    return {name: typical(each) for name, each in rates.items()}


def drawing_anew() -> AbstractContextManager[object]:
    """While it lasts, no drawing is kept."""
    nothing = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    return override_settings(CACHES={**settings.CACHES, "drawings": nothing})


def _turn(work: Callable[[], object], seconds: float) -> float:
    """Calls a second; the clock is looked at after each hundredth of the turn."""
    began = now = time.process_time()
    count, step = 0, 1
    while now - began < seconds:
        for _call in range(step):
            work()
        count += step
        now = time.process_time()
        step = max(1, int(count / (now - began) * seconds / 100))
    return count / (now - began)
