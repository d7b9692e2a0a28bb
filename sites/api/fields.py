"""Reading JSON values: each reader takes what was sent and answers the value, or raises Wrong.

Written by hand because a set of 1,000 doses is checked within the request; nested serializers
take seconds for that.
"""

import datetime
import re
import unicodedata
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput

T = TypeVar("T")
MISSING = object()
# An ISO 8601 moment with its offset, as RFC 3339 has it.
MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|z|[+-]\d{2}:?\d{2})"
)
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


class Wrong(Exception):
    """A value that cannot be right, and the sentence that says why."""

    def __init__(self, sentence: Any) -> None:
        self.sentence = sentence
        super().__init__()


class Errors(dict[str, list[str]]):
    """Field to sentences; fields inside `citizen` are named `citizen.full_name`."""

    def add(self, field: str, sentence: Any) -> None:
        self.setdefault(field, []).append(str(sentence))


class Reader:
    """Reads the fields of one JSON object and gathers what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], errors: Errors, prefix: str = "") -> None:
        self.data = data
        self.errors = errors
        self.prefix = prefix

    def read(self, name: str, reader: Callable[[Any], T], *, default: Any = MISSING) -> Any:
        """The value of `name`, None where it is wrong; absent and null mean `default`."""
        value = self.data.get(name)
        if value is None or value == "":
            if default is MISSING:
                self.errors.add(self.prefix + name, _("This field is required."))
                return None
            return default
        try:
            return reader(value)
        except Wrong as wrong:
            self.errors.add(self.prefix + name, wrong.sentence)
        except InvalidInput as refusal:
            self.errors.add(self.prefix + name, refusal.detail)
        return None


def text(limit: int) -> Callable[[Any], str]:
    """Text in NFC with single spaces, 1 to `limit` characters, nothing invisible in it."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(_("This must be text."))
        if len(value) > 10 * limit:
            raise Wrong(_("At most %(limit)d characters.") % {"limit": limit})
        found = unicodedata.normalize("NFC", " ".join(value.split()))
        if any(unicodedata.category(c)[0] == "C" for c in found):
            raise Wrong(_("This text holds an invisible character. Type it again by hand."))
        if not found:
            raise Wrong(_("This field is required."))
        if len(found) > limit:
            raise Wrong(_("At most %(limit)d characters.") % {"limit": limit})
        return found

    return read


def normalised(normalise: Callable[[str], str]) -> Callable[[Any], str]:
    """Text that one of the normalisers of vaxplatform.vietnam reads."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(_("This must be text."))
        return normalise(value)

    return read


def choice(allowed: Collection[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Wrong(_("One of: %(allowed)s.") % {"allowed": ", ".join(allowed)})
        return value

    return read


def whole_number(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise Wrong(
                _("A whole number from %(lowest)d to %(highest)d.")
                % {"lowest": lowest, "highest": highest}
            )
        return value

    return read


def identifier(value: Any) -> uuid.UUID:
    """A UUID in its usual spelling."""
    if not isinstance(value, str) or len(value) > 45:
        raise Wrong(_("This must be a UUID."))
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Wrong(_("This must be a UUID.")) from None


def moment(value: Any) -> datetime.datetime:
    """An aware datetime out of ISO 8601 with an offset, in UTC."""
    problem = Wrong(_("Date and time with the offset, for example 2021-11-06T10:02:00+07:00."))
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise problem
    try:
        found = datetime.datetime.fromisoformat(value.upper().replace(",", "."))
        if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            raise problem
        return found.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise problem from None
