"""docs/imports.md says what becomes of rows: compared with the code and with dirty sheets."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings

from sites import import_exceptions
from sites.import_words import refusal_of
from sites.services.import_outcomes import HELD
from tests import dirty_sheets
from vaxplatform.errors import DomainError

LINE = re.compile(r"^\| (`[a-z_`, ]+`) \| ([a-z ]+) \|", re.MULTILINE)
# Refusals of whole files and of steps, which no row has.
NOT_OF_ROWS = {
    import_exceptions.FileRefused, import_exceptions.ImportNotReady,
    import_exceptions.RowAlreadyDecided, import_exceptions.RowMustBeMended,
    import_exceptions.ColumnNotMapped,
}  # fmt: skip


def described() -> dict[str, str]:
    text = (settings.BASE_DIR / "docs" / "imports.md").read_text(encoding="utf-8")
    return {
        code: outcome
        for codes, outcome in LINE.findall(text)
        for code in re.findall(r"[a-z_]+", codes)
    }


def refusals() -> Iterator[type[DomainError]]:
    for kind in vars(import_exceptions).values():
        if isinstance(kind, type) and issubclass(kind, DomainError):
            yield kind


def test_what_is_held_is_described_as_held() -> None:
    assert {code for code, outcome in described().items() if outcome.endswith("held")} == HELD


def test_every_reason_of_a_row_is_described_and_every_one_described_exists() -> None:
    table = described()
    of_rows = {
        kind.code
        for kind in refusals()
        if kind.__module__ == import_exceptions.__name__
        and not any(issubclass(kind, other) for other in NOT_OF_ROWS)
    }
    assert of_rows - table.keys() == set()
    unknown = [c for c in table if refusal_of({"code": c, "field": "", "params": {}}) is None]
    assert unknown == []


CASES = [(code, outcome) for _share, outcome, code in dirty_sheets.FAULTS.values()]
CASES += [
    (code, outcome)
    for doses in dirty_sheets.WIDE_CASES.values()
    for outcome, code in doses.values()
    if code
]


@pytest.mark.parametrize(("code", "outcome"), sorted(set(CASES)))
def test_what_dirty_sheets_come_to_is_described_so(code: str, outcome: str) -> None:
    table = described()
    if code not in table:
        assert outcome == "refused"
        assert code.startswith(("name_", "cccd_", "phone_", "no_such_day", "buddhist_year"))
        return
    assert outcome in table[code].replace("beside a recorded row", "recorded")
