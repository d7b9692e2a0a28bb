"""Small texts that would become large: nothing is produced that is not needed."""

import tracemalloc
import zlib

from certificates.hcert import base45
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import MAX_CHARACTERS

from . import hostile
from .hostile import reason


def test_a_zip_bomb_is_refused_quickly_and_in_little_memory(trust_list: TrustList) -> None:
    huge, small = (
        "HC1:" + base45.encode(zlib.compress(bytes(size), 9)) for size in (50_000_000, 2_000_000)
    )
    assert reason(huge, trust_list) == "too_long"
    assert len(small) <= MAX_CHARACTERS
    tracemalloc.start()
    assert reason(small, trust_list) == "inflate"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_limit_of_inflation_is_sixty_four_kibibytes(trust_list: TrustList) -> None:
    assert reason(hostile.packed(bytes(64 * 1024)), trust_list) == "cbor"
    assert reason(hostile.packed(bytes(64 * 1024 + 1)), trust_list) == "inflate"
