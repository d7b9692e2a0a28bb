"""The strict CBOR reader: what it takes agrees with another library, the rest is refused."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import cbor

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
_KEYS = st.text() | st.integers(-(2**64), 2**64 - 1)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner), max_leaves=20
)


@given(_VALUES)
def test_what_another_library_writes_is_read_back(value: Any) -> None:
    assert cbor.loads(cbor2.dumps(value)) == value
    assert cbor.loads(cbor2.dumps(value, canonical=True)) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_typed_refusal(data: bytes) -> None:
    try:
        value = cbor.loads(data)
    except cbor.CborError:
        return
    if not isinstance(value, cbor.Tagged):
        cbor2.loads(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "ends too early"),
        ("0001", "bytes after"),
        ("a2010a010b", "twice"),
        ("bf616101616102ff", "twice"),
        ("a1f501", "neither number nor text"),
        ("a1fb3ff000000000000001", "neither number nor text"),
        ("a1410001", "neither number nor text"),
        ("a1800001", "too deep"),
        ("81" * 17 + "00", "too deep"),
        ("c6" * 17 + "00", "too deep"),
        ("c249010000000000000000", "do not use"),
        ("d81c80", "do not use"),
        ("9bffffffffffffffff", "ends too early"),
        ("5bffffffffffffffff00", "ends too early"),
        ("bbffffffffffffffff", "ends too early"),
        ("9f00", "ends too early"),
        ("62c328", "UTF-8"),
        ("63eda080", "UTF-8"),
        ("1c", "reserved"),
        ("df00", "reserved"),
        ("ff", "reserved"),
        ("5f6161ff", "another kind"),
        ("5f5f4100ffff", "another kind"),
        ("f820", "simple"),
    ],
)
def test_hostile_bytes_are_refused_for_the_right_reason(data: str, why: str) -> None:
    with pytest.raises(cbor.CborError, match=why):
        cbor.loads(bytes.fromhex(data))


def test_sixteen_levels_are_read() -> None:
    assert cbor.loads(bytes.fromhex("81" * 16 + "00"))


def test_containers_and_strings_of_unannounced_length_are_read() -> None:
    assert cbor.loads(bytes.fromhex("bf61619f0102ff6162ff".replace("6162ff", "61625f41004101ffff")))
    assert cbor.loads(bytes.fromhex("7f61616162ff")) == "ab"


def test_dates_are_seen_through_and_cose_tags_kept() -> None:
    assert cbor.loads(cbor2.dumps(cbor2.CBORTag(0, "2021-06-11T00:00:00Z"))).startswith("2021")
    assert cbor.loads(cbor2.dumps(cbor2.CBORTag(18, [1]))) == cbor.Tagged(18, [1])
