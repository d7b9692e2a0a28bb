"""The cells of a row that waits for a person: kept as JSON, sealed by their column."""

import json
from collections.abc import Sequence
from typing import Any


def sealed_cells(cells: Sequence[Any]) -> str:
    """What `ImportedRow.cells` keeps (the field seals it)."""
    return json.dumps(list(cells), ensure_ascii=False)


def cells_of(stored: str | None) -> list[Any]:
    return list(json.loads(stored)) if stored else []
