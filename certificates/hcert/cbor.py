"""A strict reader for the small part of CBOR (RFC 8949) that certificates use.

Certificates of strangers are hostile input, so this reader takes only what a certificate can
hold and refuses the rest: no shared references, big numbers, regular expressions or other
tags with a life of their own; keys are whole numbers or text (so ``1``, ``1.0`` and ``true``
cannot be taken for one another); no key twice; a fixed depth. Its work is linear in the size
of the input: lengths that the input announces are never believed before the bytes are seen.

Writing is done by the ``cbor2`` library, for what we write ourselves is not hostile.
"""

import struct
from typing import Any, NamedTuple

MAX_DEPTH = 16
"""Containers and tags inside one another; a real certificate has six."""

_TRANSPARENT_TAGS = frozenset((0, 1))
"""Tag 0 marks a date as text, tag 1 as seconds; some countries write them, we read through."""
_KEPT_TAGS = frozenset((18, 61))
"""COSE_Sign1 and CWT."""
_INDEFINITE = 31
_BREAK = 0xFF
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}


class CborError(ValueError):
    """The bytes are not CBOR, or not CBOR that a certificate may hold."""


class Tagged(NamedTuple):
    """A value inside a COSE (18) or CWT (61) tag."""

    tag: int
    value: Any


def loads(data: bytes) -> Any:
    """Return the one value that `data` holds. Raises CborError for anything irregular.

    Maps become dicts, arrays lists, byte strings bytes; bytes left over are an error.
    """
    reader = _Reader(data)
    value = reader.item(MAX_DEPTH)
    if reader.at != len(data):
        raise CborError("bytes after the value")
    return value


class _Reader:
    """A position in the input; each method reads on from there."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, which must all be there."""
        end = self.at + count
        if end > len(self.data):
            raise CborError("the value ends too early")
        chunk = self.data[self.at : end]
        self.at = end
        return chunk

    def head(self) -> tuple[int, int, int]:
        """Return the major type, the short count and the argument of the next item."""
        if self.at >= len(self.data):
            raise CborError("the value ends too early")
        first = self.data[self.at]
        self.at += 1
        major, short = first >> 5, first & 0x1F
        if short < 24:
            return major, short, short
        if short < 28:
            return major, short, int.from_bytes(self.take(1 << (short - 24)), "big")
        if short == _INDEFINITE and major in (2, 3, 4, 5):
            return major, short, 0
        raise CborError("a reserved length")

    def item(self, depth: int) -> Any:
        """Return the next value; `depth` containers may still be opened."""
        major, short, argument = self.head()
        if major in (2, 3):  # what certificates are made of comes first
            return self.string(major, short, argument)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 7:
            return self.simple(short, argument)
        if depth == 0:
            raise CborError("too deep")
        if major == 6:
            return self.tagged(argument, depth - 1)
        if major == 4:
            return self.array(short, argument, depth - 1)
        return self.map(short, argument, depth - 1)

    def string(self, major: int, short: int, length: int) -> bytes | str:
        """Return a byte or text string, whole or in pieces."""
        raw = self.pieces(major) if short == _INDEFINITE else self.take(length)
        if major == 2:
            return raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise CborError("text that is not UTF-8") from None

    def pieces(self, major: int) -> bytes:
        """Return the joined pieces of a string of unannounced length."""
        parts: list[bytes] = []
        while not self.at_break():
            inner, short, length = self.head()
            if inner != major or short == _INDEFINITE:
                raise CborError("a piece of another kind")
            parts.append(self.take(length))
        return b"".join(parts)

    def at_break(self) -> bool:
        """Tell whether an open container ends here, and step over its end."""
        if self.at >= len(self.data):
            raise CborError("the value ends too early")
        if self.data[self.at] != _BREAK:
            return False
        self.at += 1
        return True

    def array(self, short: int, length: int, depth: int) -> list[Any]:
        """Return a list."""
        items: list[Any] = []
        if short == _INDEFINITE:
            while not self.at_break():
                items.append(self.item(depth))
            return items
        while len(items) < length:
            items.append(self.item(depth))
        return items

    def map(self, short: int, length: int, depth: int) -> dict[int | str, Any]:
        """Return a dict whose keys are whole numbers or text, each once."""
        entries: dict[int | str, Any] = {}
        if short == _INDEFINITE:
            while not self.at_break():
                self.entry(entries, depth)
            return entries
        while len(entries) < length:
            self.entry(entries, depth)
        return entries

    def entry(self, entries: dict[int | str, Any], depth: int) -> None:
        """Read one key and its value into `entries`."""
        key = self.item(0)
        if type(key) is not int and type(key) is not str:
            raise CborError("a key that is neither number nor text")
        if key in entries:
            raise CborError("the same key twice")
        entries[key] = self.item(depth)

    def tagged(self, tag: int, depth: int) -> Any:
        """Return a tagged value; tags of dates are seen through, unknown tags refused."""
        value = self.item(depth)
        if tag in _TRANSPARENT_TAGS:
            return value
        if tag in _KEPT_TAGS:
            return Tagged(tag, value)
        raise CborError("a tag that certificates do not use")

    def simple(self, short: int, argument: int) -> Any:
        """Return a truth value, nothing, or a floating number."""
        if short in _SIMPLE:
            return _SIMPLE[short]
        if short in _FLOATS:
            return struct.unpack(_FLOATS[short], argument.to_bytes(1 << (short - 24), "big"))[0]
        raise CborError("a simple value that certificates do not use")
