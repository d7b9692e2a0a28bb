"""Base45 against RFC 9285 and an independent library."""

import base45 as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import base45


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ],
)
def test_the_examples_of_the_rfc_hold(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=600))
def test_encoding_agrees_with_another_library_and_comes_back(data: bytes) -> None:
    text = base45.encode(data)
    assert text == oracle.b45encode(data).decode()
    assert base45.decode(text) == data


@given(st.text(alphabet=base45.ALPHABET + "abcé\n", max_size=40))
def test_decoding_accepts_exactly_what_an_encoder_writes(text: str) -> None:
    try:
        data = base45.decode(text)
    except base45.Base45Error:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize("text", ["A", "BB8A", "GGW", ":::", "V5", "bb8", "BB8\n", "BB8é", "B_8"])
def test_what_no_encoder_writes_is_refused(text: str) -> None:
    with pytest.raises(base45.Base45Error):
        base45.decode(text)


def test_a_closing_space_is_a_digit_and_survives() -> None:
    data = next(bytes((n,)) for n in range(256) if base45.encode(bytes((n,)))[0] == " ")
    assert base45.decode(base45.encode(data)) == data
    pair = (36 * 2025).to_bytes(3, "big")[1:]
    assert base45.decode(base45.encode(pair)) == pair
