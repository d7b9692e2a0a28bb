"""The rows of a spreadsheet, read by a process of their own (`vaxplatform.sheets.reader`)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vaxplatform.sheets import refusals
from vaxplatform.sheets.reader import MOST_ROWS

ROOT = Path(__file__).resolve().parent.parent.parent

REFUSALS = {
    refusal.code: refusal
    for refusal in (
        refusals.FileEmpty,
        refusals.FileDamaged,
        refusals.FileHasMacros,
        refusals.FileProtected,
        refusals.FileTooLarge,
        refusals.NotASpreadsheet,
    )
}

Cells = list[Any]


@dataclass(frozen=True)
class Rows:
    """`height`: how many rows the sheet has, None where only reading tells. Iterating gives
    (line as the program that made the file numbers it, cells); raises what `open_rows` does."""

    kind: str
    height: int | None
    _lines: Iterator[Any]
    _seen: list[tuple[int, Cells]] = field(default_factory=list)  # looked at, and not taken yet

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        while self._seen:
            yield self._seen.pop(0)
        yield from self._read()

    def first(self, count: int) -> list[tuple[int, Cells]]:
        """The next rows, which whoever iterates gets nevertheless."""
        self._seen.extend(islice(self._read(), count - len(self._seen)))
        return self._seen[:count]

    def _read(self) -> Iterator[tuple[int, Cells]]:
        for line in self._lines:
            if isinstance(line, dict):
                raise _refusal(line)
            yield line[0], line[1]


@contextmanager
def open_rows(path: Path, *, from_line: int = 1) -> Iterator[Rows]:
    """The rows of the file's first sheet that are not empty, from a line on.

    Raises FileEmpty, FileDamaged, FileHasMacros, FileProtected, FileTooLarge, TooManyRows or
    NotASpreadsheet. The reading process ends with the block.
    """
    reader = [sys.executable, "-m", "vaxplatform.sheets.reader"]
    process = subprocess.Popen(  # noqa: S603 - our own reader; the path is one argument
        [*reader, str(path.resolve()), str(from_line)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        lines = _lines(process)
        head = next(lines)
        if "error" in head:
            raise _refusal(head)
        yield Rows(head["kind"], head["height"], lines)
    finally:
        process.kill()
        process.communicate()


def _lines(process: "subprocess.Popen[str]") -> Iterator[Any]:
    """What the process says, and an error where it ended without a word."""
    for text in process.stdout or ():
        yield json.loads(text)
    status = process.wait()
    if status:  # a negative one: ended by the system, for its memory
        yield {"error": "file_too_large" if status < 0 else "file_damaged"}


def _refusal(said: dict[str, Any]) -> refusals.FileRefused:
    if said["error"] == refusals.TooManyRows.code:
        return refusals.TooManyRows(most=MOST_ROWS)
    return REFUSALS[said["error"]]()
