"""A question about a record as the text that is sealed until a worker looks it up."""

import json
from dataclasses import asdict
from typing import Any

from registration.services.citizens import Paper
from registration.services.own_record import Question


def as_text(question: Question, **more: str) -> str:
    """The question, and what else the worker must know."""
    return json.dumps({"question": asdict(question), **more})


def from_text(text: str) -> tuple[Question, dict[str, str]]:
    """The same back."""
    read: dict[str, Any] = json.loads(text)
    told = read.pop("question")
    for name in ("identification", "insurance"):
        told[name] = tuple(Paper(**paper) for paper in told[name])
    return Question(**told), read
