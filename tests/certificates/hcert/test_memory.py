"""Small texts that would become large: nothing is produced or kept that is not needed.

Bytes are counted here, not time; what a bomb takes in time stands in the bench.
"""

import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certificates.hcert import base45, cbor, verify
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import MAX_CHARACTERS, MAX_INFLATED

from . import hostile
from .hostile import reason

MEGABYTE = 1_000_000
BOMB = hostile.packed(bytes(50 * MEGABYTE))
"""Fifty megabytes in a text of about 73,000 characters (48 KB of compressed bytes)."""
FITTING_BOMB = hostile.packed(bytes(2 * MEGABYTE))
"""The largest bomb, or nearly, that a QR code holds."""


def peak_of(work: Callable[[], object]) -> int:
    """Return the most bytes that were in use at once because of `work`."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Inflating:
    """Stands for zlib in the reader and counts the bytes that it made."""

    error = zlib.error

    def __init__(self) -> None:
        self.produced = 0

    def decompressobj(self) -> Any:
        """Return an unpacker that counts."""
        outer, inner = self, zlib.decompressobj()

        class Counting:
            eof = property(lambda _: inner.eof)
            unused_data = property(lambda _: inner.unused_data)

            def decompress(self, data: bytes, limit: int = 0) -> bytes:
                unpacked = inner.decompress(data, limit)
                outer.produced += len(unpacked)
                return unpacked

        return Counting()


@pytest.fixture
def inflating(monkeypatch: pytest.MonkeyPatch) -> Inflating:
    counting = Inflating()
    monkeypatch.setattr(verify, "zlib", counting)
    return counting


def test_a_bomb_of_fifty_megabytes_is_refused_by_its_length_before_anything_is_inflated(
    inflating: Inflating, trust_list: TrustList
) -> None:
    assert 48_000 < len(base45.decode(BOMB[4:])) < 50_000
    assert reason(BOMB, trust_list) == "too_long"
    assert inflating.produced == 0


def test_a_bomb_short_enough_for_a_qr_code_is_inflated_to_the_limit_and_no_further(
    inflating: Inflating, trust_list: TrustList
) -> None:
    assert len(FITTING_BOMB) <= MAX_CHARACTERS
    assert reason(FITTING_BOMB, trust_list) == "inflate"
    assert inflating.produced == MAX_INFLATED


def test_the_second_defence_holds_without_the_first(
    inflating: Inflating, trust_list: TrustList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "MAX_CHARACTERS", len(BOMB))
    assert reason(BOMB, trust_list) == "inflate"
    assert inflating.produced == MAX_INFLATED


@pytest.mark.parametrize("bomb", [BOMB, FITTING_BOMB], ids=["50 MB", "2 MB"])
def test_a_bomb_takes_less_than_a_megabyte(bomb: str, trust_list: TrustList) -> None:
    assert peak_of(lambda: verify.verify(bomb, trust_list, hostile.NOW)) < MEGABYTE


def test_the_limit_of_inflation_is_sixty_four_kibibytes(trust_list: TrustList) -> None:
    assert reason(hostile.packed(bytes(MAX_INFLATED)), trust_list) == "cbor"
    assert reason(hostile.packed(bytes(MAX_INFLATED + 1)), trust_list) == "inflate"


SHAPES = {
    "empty arrays": b"\x9f" + b"\x80" * 65_000 + b"\xff",
    "empty maps": b"\x9f" + b"\xa0" * 65_000 + b"\xff",
    "arrays in arrays": b"\x81" * 65_000,
    "tags in tags": b"\xc0" * 65_000,
    "maps in maps": b"\xa1\x01" * 32_000,
    "many keys": b"\xbf" + b"".join(b"\x19" + n.to_bytes(2, "big") + b"\0" for n in range(16_000)),
    "many pieces": b"\x5f" + b"\x40" * 65_000 + b"\xff",
    "announced array": b"\x9b" + b"\xff" * 8,
    "announced map": b"\xbb" + b"\xff" * 8,
    "announced bytes": b"\x5b" + b"\xff" * 8,
    "announced text": b"\x7b" + b"\xff" * 8,
    "fractions": b"\x9f" + b"\xf9\x7e\x00" * 21_000 + b"\xff",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_cbor_of_any_shape_takes_no_more_than_some_megabytes(shape: str) -> None:
    assert len(SHAPES[shape]) <= MAX_INFLATED
    assert peak_of(lambda: loaded(SHAPES[shape])) < 8 * MEGABYTE


def loaded(data: bytes) -> object:
    """Return what our CBOR reader makes of `data`, or nothing."""
    try:
        return cbor.loads(data)
    except cbor.CborError:
        return None


def test_a_process_that_is_shown_bombs_grows_by_no_more_than_a_few_megabytes() -> None:
    program = """
import resource
from tests.certificates.hcert import hostile, test_memory as t
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import verify
texts = [t.BOMB, t.FITTING_BOMB, *map(hostile.packed, t.SHAPES.values())]
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = used()
for text in texts * 5:
    verify(text, TrustList(), hostile.NOW)
print(used() - before)
"""
    root = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, cwd=root, capture_output=True, text=True
    )
    assert int(told.stdout) < 32 * 1024  # KiB
