"""What must hold between the apps (RELIABILITY, promises 1–3), as questions to the database.

An app registers each of its invariants in `AppConfig.ready()`; `check_invariants` asks them all.
"""

from collections.abc import Callable
from dataclasses import dataclass

Question = Callable[[], list[str]]


@dataclass(frozen=True)
class Invariant:
    """`violations()` names the rows that break it (ids, nothing personal); empty when it holds."""

    name: str
    violations: Question


INVARIANTS: dict[str, Invariant] = {}


def register_invariant(name: str, violations: Question) -> None:
    """`name` is a sentence in snake_case: what must hold."""
    INVARIANTS[name] = Invariant(name, violations)
