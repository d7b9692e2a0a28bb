"""A registration while it is being filled in: kept in the session, sealed, until it is sent.

What a step holds are the texts that were typed, so that a step is shown and checked again from
them; they are sealed because the session table is not the place for identity numbers in clear.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from vaxplatform.crypto import CannotUnseal, seal, unseal
from vaxplatform.forms import Form

KEY = "registration_draft"
MOST_TEXT = 500  # characters of a field that was not checked


@dataclass
class Draft:
    """`who`: "me", "relative" or a household member's public id. `steps`: step → typed texts.

    `halfway`: the steps that were left before they were checked; they are shown without blame.
    """

    who: str
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    halfway: list[str] = field(default_factory=list)

    def keep(self, step: str, form: Form, *, checked: bool = True) -> None:
        """Take over what was typed into the form's own fields, and nothing else."""
        typed = {
            key: value[:MOST_TEXT]
            for key, value in form.data.items()
            if isinstance(value, str) and _belongs(key, form)
        }
        self.fill(step, typed, checked=checked)

    def fill(self, step: str, typed: dict[str, str], *, checked: bool = False) -> None:
        """Put texts into a step, as if they had been typed."""
        self.steps[step] = typed
        self.halfway = [each for each in self.halfway if each != step]
        if not checked:
            self.halfway.append(step)


def _belongs(key: str, form: Form) -> bool:
    return any(key == name or key.startswith(f"{name}_") for name in form.fields)


def load(session: SessionBase) -> Draft | None:
    """The draft of this session; None where there is none, or its key was retired."""
    try:
        text = unseal(base64.b64decode(session.get(KEY, "")))
        found = json.loads(text)
    except (CannotUnseal, binascii.Error, ValueError):
        return None
    return Draft(found["who"], found["steps"], found.get("halfway", []))


def save(session: SessionBase, draft: Draft) -> None:
    text = json.dumps({"who": draft.who, "steps": draft.steps, "halfway": draft.halfway})
    session[KEY] = base64.b64encode(seal(text)).decode()


def clear(session: SessionBase) -> None:
    session.pop(KEY, None)
