"""Who may do what, asked without knowing who decides: apps register the rules.

`sites` registers the table of roles; a page or service up or down the stream asks
`may(account, "work_cases")` and needs no import of it.
"""

from collections.abc import Callable
from typing import Any

Rule = Callable[[Any, str], bool]

_RULES: list[Rule] = []


def register_rule(rule: Rule) -> Rule:
    """`rule(account, action)` says whether it grants the action; one grant is enough."""
    if rule not in _RULES:
        _RULES.append(rule)
    return rule


def may(account: Any, action: str) -> bool:
    """Whether some rule grants `action` to this account (or AnonymousUser, or None)."""
    return any(rule(account, action) for rule in _RULES)
