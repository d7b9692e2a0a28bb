"""The compact file of ended certificates: written, read, refused when not exactly well formed."""

import contextlib
import random
import struct
import tracemalloc
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certificates.hcert import keys
from certificates.hcert.revocation import (
    LEAST_RICE,
    OfflineListError,
    offline_value,
    read_offline,
    write_offline,
)
from certificates.hcert.uvci import new_uvci
from tests.certificates.hcert.conftest import NOW

A_DAY = timedelta(days=1)
HEADER, SIGNATURE = 36, 64
values_48 = st.integers(0, (1 << 48) - 1)


@pytest.fixture(scope="module")
def list_signer(authority) -> keys.FileSigner:
    return authority.signer(kinds=())


def written(signer, values, **over) -> bytes:
    facts = {"version": 7, "made_at": NOW, "fresh_until": NOW + A_DAY, "sign": signer.sign}
    return write_offline(values, **facts | over)


def resigned(signer, content: bytes) -> bytes:
    """What a writer with the right key but the wrong format would publish."""
    return content + signer.sign(content)


def key_of(signer):
    return signer.certificate.public_key()


@given(values=st.lists(values_48, max_size=60))
@example(values=[])
@example(values=[0])
@example(values=[(1 << 48) - 1])
@example(values=[0, 1, 2, 2, 1 << 47])
def test_what_was_written_is_read(list_signer, values):
    read = read_offline(written(list_signer, values), key_of(list_signer))
    assert list(read.values) == sorted(set(values))
    assert len(read) == len(set(values))
    assert (read.version, read.made_at, read.fresh_until) == (7, NOW, NOW + A_DAY)


@given(ended=st.sets(st.text(max_size=40), max_size=20), other=st.text(max_size=40))
def test_an_identifier_is_in_the_list_exactly_when_it_was_put_there(list_signer, ended, other):
    read = read_offline(written(list_signer, map(offline_value, ended)), key_of(list_signer))
    assert all(uvci in read for uvci in ended)
    assert (other in read) == (other in ended)
    assert 5 not in read


def test_a_value_is_taken_for_another_only_when_all_48_bits_agree(list_signer, monkeypatch):
    """So that of random identifiers a share of count / 2^48 is: here counted in a small world."""
    chance = random.Random(5)
    size = 1 << 16
    inside = set(chance.sample(range(size), size // 8))
    read = read_offline(written(list_signer, inside), key_of(list_signer))
    monkeypatch.setattr("certificates.hcert.revocation.offline_value", int)
    asked = [chance.randrange(size) for _ in range(size)]
    found = sum(str(value) in read for value in asked)
    assert found == sum(value in inside for value in asked)
    assert abs(found / size - 1 / 8) < 0.01


def test_no_random_identifier_is_found_in_a_list_of_a_hundred_thousand(list_signer):
    ended = [new_uvci() for _ in range(100_000)]
    data = written(list_signer, map(offline_value, ended))
    read = read_offline(data, key_of(list_signer))
    assert all(uvci in read for uvci in ended[:5_000])
    assert not any(new_uvci() in read for _ in range(5_000))
    bits = (len(data) - HEADER - SIGNATURE) * 8 / len(read)
    assert bits < 34  # 48 - log2(100,000) + 1.6; the bare hashes take 48


@given(data=st.data())
def test_no_byte_can_be_changed_cut_off_or_added(list_signer, data):
    good = written(list_signer, data.draw(st.lists(values_48, max_size=20)))
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.integers(1, 255))
    changed = good[:place] + bytes((good[place] ^ other,)) + good[place + 1 :]
    for bad in (changed, good[:place], good + bytes((other,)), good[1:]):
        with pytest.raises(OfflineListError):
            read_offline(bad, key_of(list_signer))


@given(content=st.binary(max_size=300))
def test_hostile_bytes_even_well_signed_raise_the_typed_error_only(list_signer, content):
    with pytest.raises(OfflineListError):
        read_offline(content, key_of(list_signer))
    start = b"VNRL\x01\x10\x30\x00"
    for text in (content, start + content):
        with contextlib.suppress(OfflineListError):
            read_offline(resigned(list_signer, text), key_of(list_signer))


@given(data=st.data())
def test_a_well_signed_file_with_any_change_is_refused_or_says_something_else(list_signer, data):
    values = data.draw(st.lists(values_48, max_size=20))
    good = written(list_signer, values)[:-SIGNATURE]
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = bytes((good[place] ^ 1 << data.draw(st.integers(0, 7)),))
    changed = good[:place] + flipped + good[place + 1 :]
    before = read_offline(resigned(list_signer, good), key_of(list_signer))
    try:
        after = read_offline(resigned(list_signer, changed), key_of(list_signer))
    except OfflineListError:
        return
    assert after != before or (place == 5 and not values)  # k says nothing of an empty list


HEADERS = {
    "another format": struct.pack(">4sBBBBIQQQ", b"VNRX", 1, 47, 48, 0, 0, 1, 1, 2),
    "a Rice parameter": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, LEAST_RICE - 1, 48, 0, 0, 1, 1, 2),
    "times": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 47, 48, 0, 0, 1, 2, 1),
    "fewer bytes": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 16, 48, 0, 0xFFFFFFFF, 1, 1, 2),
    "more than": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 47, 48, 0, 0, 1, 1, 2) + b"\x00",
    "cut off": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 16, 48, 0, 1, 1, 1, 2) + b"\xff" * 9,
    "too large": struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 47, 48, 0, 1, 1, 1, 2)
    + b"\xe0"
    + b"\x00" * 6
    + b"\x00",
}


@pytest.mark.parametrize("why", HEADERS)
def test_each_refusal_says_why(list_signer, why):
    with pytest.raises(OfflineListError, match=why):
        read_offline(resigned(list_signer, HEADERS[why]), key_of(list_signer))


def test_a_huge_count_or_a_long_unary_code_takes_no_more_memory_than_the_file(list_signer):
    start = struct.pack(">4sBBBBIQQQ", b"VNRL", 1, 16, 48, 0, 1, 1, 1, 2)
    hostile = [HEADERS["fewer bytes"], start + b"\xff" * 1_000_000]
    for content in hostile:
        data = resigned(list_signer, content)
        tracemalloc.start()
        with pytest.raises(OfflineListError):
            read_offline(data, key_of(list_signer))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4 * len(data) + 500_000


def test_the_writer_refuses_what_the_format_cannot_hold(list_signer):
    for values, over in (
        ([1 << 48], {}),
        ([-1], {}),
        ([], {"version": -1}),
        ([], {"version": 1 << 64}),
        ([], {"sign": lambda _content: b"short"}),
    ):
        with pytest.raises(ValueError, match="."):
            written(list_signer, values, **over)


def test_a_list_signed_by_another_key_is_not_believed(list_signer, authority):
    with pytest.raises(OfflineListError, match="not signed"):
        read_offline(written(list_signer, [5]), key_of(authority.signer(kinds=())))
