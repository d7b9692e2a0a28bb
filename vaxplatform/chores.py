"""Work that comes round: issuing what is due, counting again, sending what waits.

An app registers its chores in `AppConfig.ready()`. Two clocks call them: Celery beat, through
`vaxplatform.tasks.run_chore`, and the worker's own loop (`drain_certificates`), which needs
PostgreSQL only, so that an hour without Redis breaks no promise. A chore is safe to run twice at
once and does what is due now, in short transactions.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import close_old_connections
from django.utils import timezone

log = structlog.get_logger(__name__)

Work = Callable[[datetime.datetime], int]


@dataclass(frozen=True)
class Chore:
    """`work(now)` does what is due and returns how much that was."""

    name: str
    work: Work
    every_seconds: int


CHORES: dict[str, Chore] = {}


def register_chore(name: str, work: Work, *, every_seconds: int) -> None:
    CHORES[name] = Chore(name, work, every_seconds)


def run_chore(name: str) -> int:
    """Do one chore now; returns how much was done. An error is logged and comes out."""
    chore = CHORES[name]
    done = chore.work(timezone.now())
    if done:
        log.info("chore_done", chore=name, done=done)
    return done


class Round:
    """The worker's own clock: each call of `run_due` does the chores whose time has come."""

    def __init__(self) -> None:
        self._next_at: dict[str, datetime.datetime] = {}

    def run_due(self) -> int:
        """Run what is due; a chore that fails is logged, and tried again at its next time."""
        done = 0
        for chore in CHORES.values():
            now = timezone.now()
            if now < self._next_at.get(chore.name, now):
                continue
            self._next_at[chore.name] = now + datetime.timedelta(seconds=chore.every_seconds)
            try:
                done += run_chore(chore.name)
            except Exception:
                log.exception("chore_failed", chore=chore.name)
                close_old_connections()
        return done
