"""Message catalogues, one folder per app: English msgids out of code and templates, Vietnamese in
`locale/<app>/vi/LC_MESSAGES/django.po`. Done with Babel, so no gettext is needed on the machine.
"""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LANGUAGE = "vi"
Spec = None | tuple[int | tuple[int, str], ...]
KEYWORDS: dict[str, Spec] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = """\
# Vietnamese for {app}.
"""
PLACES = re.compile(r"%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|\{(\w*)\}")
# Lines Babel writes that change without a message changing.
NOISE = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|'
    r"Report-Msgid-Bugs-To):.*\n",
    re.MULTILINE,
)
Key = tuple[str, str]  # context ("" for none), msgid (the singular where there is a plural)


@dataclass(frozen=True)
class AppSources:
    """Where one app keeps its texts. All paths are absolute; `root` is the project's folder."""

    name: str
    root: Path

    @property
    def catalogue(self) -> Path:
        return self.root / "locale" / self.name / LANGUAGE / "LC_MESSAGES" / "django.po"

    def python_files(self) -> Iterator[Path]:
        for path in sorted((self.root / self.name).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path

    def template_files(self) -> Iterator[Path]:
        """`templates/<app>/`; the foundation also has the templates that belong to no app: error
        pages and those of the staff pages."""
        templates = self.root / "templates"
        yield from _templates_under(templates / self.name)
        if self.name == "vaxplatform":
            for path in sorted(templates.glob("*")):
                if path.is_file():
                    yield path
                elif not (self.root / path.name / "__init__.py").exists():
                    yield from _templates_under(path)


def _templates_under(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".txt", ".svg"}:
            yield path


@dataclass
class Finding:
    """What is wrong with one message of a catalogue."""

    catalogue: Path
    problem: str
    msgid: str

    def __str__(self) -> str:
        return f"{self.catalogue}: {self.problem}: {self.msgid!r}"


@dataclass
class Result:
    """What `write` did to one catalogue."""

    catalogue: Path
    messages: int = 0
    untranslated: int = 0
    changed: bool = False
    dropped: list[str] = field(default_factory=list)


def key_of(message: Message) -> Key:
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def extract_messages(app: AppSources) -> Catalog:
    """Every msgid of the app, with the files it stands in and no line numbers."""
    catalog = Catalog(locale=LANGUAGE, fuzzy=False)
    for path in app.python_files():
        _add_from(catalog, path.read_bytes(), path.relative_to(app.root).as_posix())
    for path in app.template_files():
        place = path.relative_to(app.root).as_posix()
        python_like = templatize(path.read_text(encoding="utf-8"), origin=place)
        # Every message stands on one line, so indentation, which would confuse Python's
        # tokenizer, can go.
        flat = "\n".join(line.lstrip() for line in python_like.splitlines())
        _add_from(catalog, flat.encode(), place)
    return catalog


def _add_from(catalog: Catalog, source: bytes, place: str) -> None:
    options = {"encoding": "utf-8"}
    for _line, ids, comments, context in extract(
        "python", io.BytesIO(source), KEYWORDS, ["Translators"], options
    ):
        if ids and ids != ("", ""):
            catalog.add(ids, locations=[(place, 0)], auto_comments=comments, context=context)


def read_catalogue(path: Path) -> Catalog:
    """The catalogue on disk; an empty one when there is none."""
    if not path.exists():
        return Catalog(locale=LANGUAGE, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def translations(catalog: Catalog) -> dict[Key, Message]:
    return {key_of(message): message for message in catalog if message.id}


def strings_of(message: Message) -> list[str]:
    """The translation's forms; one of them unless the catalogue came from a language with more."""
    if isinstance(message.string, str):
        return [message.string]
    return list(message.string or ())


def is_translated(message: Message) -> bool:
    strings = strings_of(message)
    return bool(strings) and all(strings)


def merge(app: AppSources, lenders: list[AppSources]) -> tuple[Catalog, list[str]]:
    """Extracted messages with the translations already there; one that is new here but translated
    in another app's catalogue starts with that. Also the msgids that are no longer used."""
    fresh = extract_messages(app)
    known = translations(read_catalogue(app.catalogue))
    borrowed: dict[Key, Message] = {}
    for lender in lenders:
        if lender != app:
            borrowed |= translations(read_catalogue(lender.catalogue))
    for key, message in translations(fresh).items():
        old = known.get(key)
        if old is None or not is_translated(old):
            old = borrowed.get(key, old)
        if old is not None:
            _carry_over(old, message)
    dropped = [key[1] for key in known if key not in translations(fresh)]
    return fresh, dropped


def _carry_over(old: Message, message: Message) -> None:
    first = next(iter(strings_of(old)), "")
    message.string = (first,) if message.pluralizable else first
    message.user_comments = list(old.user_comments)
    if old.fuzzy:
        message.flags.add("fuzzy")


def render(app: AppSources, catalog: Catalog) -> bytes:
    """The .po file: sorted by msgid, the same bytes for the same messages."""
    catalog.header_comment = HEADER.format(app=app.name).rstrip()
    catalog.project = "vaxplatform"
    catalog.version = "1"
    buffer = io.BytesIO()
    write_po(
        buffer, catalog, width=100, sort_output=True, ignore_obsolete=True, include_lineno=False
    )
    return NOISE.sub("", buffer.getvalue().decode()).encode()


def write(app: AppSources, lenders: list[AppSources]) -> Result:
    """Bring the app's catalogue up to date with its sources."""
    catalog, dropped = merge(app, lenders)
    messages = translations(catalog).values()
    result = Result(
        catalogue=app.catalogue,
        messages=len(messages),
        untranslated=sum(not is_translated(message) for message in messages),
        dropped=dropped,
    )
    rendered = render(app, catalog)
    before = app.catalogue.read_bytes() if app.catalogue.exists() else b""
    if rendered != before and (messages or before):
        app.catalogue.parent.mkdir(parents=True, exist_ok=True)
        app.catalogue.write_bytes(rendered)
        result.changed = True
    return result


def check(app: AppSources) -> list[Finding]:
    """What a reader in Vietnamese would stumble over: a message without translation, or one whose
    places for values differ from the msgid's."""
    known = translations(read_catalogue(app.catalogue))
    findings = []
    for key, message in translations(extract_messages(app)).items():
        problem = _problem(message, known.get(key))
        if problem:
            findings.append(Finding(app.catalogue, problem, key[1]))
    return findings


def _problem(wanted: Message, found: Message | None) -> str:
    if found is None:
        return "missing"
    if found.pluralizable != wanted.pluralizable:
        return "singular and plural forms differ"
    if not is_translated(found):
        return "not translated"
    if found.fuzzy:
        return "fuzzy"
    # Vietnamese has one form, which must say what the English plural says.
    msgid = wanted.id if isinstance(wanted.id, str) else wanted.id[1]
    same = places(msgid) == places(strings_of(found)[0])
    return "" if same else "placeholders differ"


def places(text: str) -> set[str]:
    """The names of the places for values: `%(count)d` and `{count}` give "count"."""
    return {match[1] or match[2] or "" for match in PLACES.finditer(text)}


def compile_catalogue(po: Path) -> bool:
    """Write the .mo beside a .po when it is missing or older. True when it was written."""
    mo = po.with_suffix(".mo")
    if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
        return False
    with po.open("rb") as file:
        catalog = read_po(file, locale=LANGUAGE)
    half = mo.with_name(f"{mo.name}.{os.getpid()}")
    with half.open("wb") as file:
        write_mo(file, catalog)
    half.replace(mo)  # whole or not at all, for whoever reads it meanwhile
    return True
