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


@dataclass
class Draft:
    """`who`: "me", "relative" or a household member's public id. `steps`: step → typed texts."""

    who: str
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, step: str, form: Form) -> None:
        """Take over what was typed into the form's own fields, and nothing else."""
        self.steps[step] = {
            key: value
            for key, value in form.data.items()
            if isinstance(value, str) and _belongs(key, form)
        }


def _belongs(key: str, form: Form) -> bool:
    return any(key == name or key.startswith(f"{name}_") for name in form.fields)


def load(session: SessionBase) -> Draft | None:
    """The draft of this session; None where there is none, or its key was retired."""
    try:
        text = unseal(base64.b64decode(session.get(KEY, "")))
        found = json.loads(text)
    except (CannotUnseal, binascii.Error, ValueError):
        return None
    return Draft(found["who"], found["steps"])


def save(session: SessionBase, draft: Draft) -> None:
    text = json.dumps({"who": draft.who, "steps": draft.steps})
    session[KEY] = base64.b64encode(seal(text)).decode()


def clear(session: SessionBase) -> None:
    session.pop(KEY, None)
