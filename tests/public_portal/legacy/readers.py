"""Readers as strict as those of the old portal's clients, written anew: each takes the bytes of an
answer and gives its data, or fails where the client would have failed."""

import datetime
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

MOST_OF_AN_INT = 2**31 - 1
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def pairs_without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _value in pairs}) == len(pairs), "a name stands twice"
    return dict(pairs)


def read_json(body: bytes) -> Any:
    """By hand as UTF-8, without the numbers that JSON does not know."""
    assert not body.startswith(b"\xef\xbb\xbf")
    return json.loads(body.decode("utf-8"), object_pairs_hook=pairs_without_twins)


class Dart:
    """`json["x"] as int`: a cast, not a conversion; null only where the type says so."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row

    def int(self, name: str) -> int:
        value = self.row[name]
        assert type(value) is int, (name, value)
        return value

    def string(self, name: str) -> str:
        value = self.row[name]
        assert type(value) is str, (name, value)
        return value

    def list(self, name: str) -> "list[Dart]":
        value = self.row[name]
        assert type(value) is list, (name, value)
        return [Dart(row) for row in value]

    def map(self, name: str) -> "Dart":
        value = self.row[name]
        assert type(value) is dict, (name, value)
        return Dart(value)

    def moment(self, name: str) -> datetime.datetime:
        """DateTime.parse: UTC where a Z stands."""
        text = self.string(name)
        assert ISO_MOMENT.fullmatch(text), text
        return datetime.datetime.fromisoformat(text)


class Java:
    """`object.getInt("x")`: a number, or a text that reads as one; never null, at most 32 bits."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row

    def get_int(self, name: str) -> int:
        value = self.row[name]
        assert type(value) in (int, str), (name, value)
        if isinstance(value, str):
            assert re.fullmatch(r"[+-]?\d+", value), (name, value)
        number = int(value)
        assert abs(number) <= MOST_OF_AN_INT
        return number

    def get_string(self, name: str) -> str:
        assert type(self.row[name]) is str, name
        return self.row[name]


def read_through_xml(body: bytes) -> Any:
    """A client puts the body into its XML reader, then takes the one text that it hands out."""
    texts: list[str] = []
    others: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = 1_000_000
    parser.CharacterDataHandler = texts.append
    parser.StartElementHandler = lambda name, _attributes: others.append(name)
    parser.Parse(b"<root>" + body + b"</root>", True)
    assert others == ["root"]
    assert len(texts) == 1
    return read_json(texts[0].encode())


def read_through_html(body: bytes) -> Any:
    """Another one puts it into an HTML parser and reads the text of the document."""
    texts: list[str] = []

    class Texts(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            raise AssertionError(tag)

    reader = Texts(convert_charrefs=True)
    reader.feed(body.decode())
    reader.close()
    return read_json("".join(texts).encode())


class Table(HTMLParser):
    """The cells of the table's body, and the texts of its headings, as a scraper reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.rows: list[list[str]] = []
        self.small: list[list[str]] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._open.append(tag)
        if tag == "tr" and "tbody" in self._open:
            self.rows.append([])
            self.small.append([])
        if tag == "th" and "thead" in self._open:
            self.headings.append("")
        if tag in ("td", "th") and "tbody" in self._open:
            self.rows[-1].append("")
        if tag == "small" and "tbody" in self._open:
            assert ("class", "d-flex w-100 clb") in attrs
            self.small[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "table" not in self._open:
            return
        if "thead" in self._open and "th" in self._open:
            self.headings[-1] += data
        if "tbody" in self._open and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data
        if "tbody" in self._open and "small" in self._open:
            self.small[-1][-1] += data
