"""The signed envelope: what is signed over, byte by byte."""

import cbor2
import pytest

from certificates.hcert import cose


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000])
def test_a_byte_string_of_any_length_is_written_as_another_library_writes_it(length: int) -> None:
    assert cose.byte_string(bytes(length)) == cbor2.dumps(bytes(length))


def test_the_bytes_to_be_signed_are_those_of_the_standard() -> None:
    protected, payload = cbor2.dumps({1: cose.ES256, 4: b"12345678"}), bytes(300)
    stated = cbor2.dumps(["Signature1", protected, b"", payload])
    assert cose.to_be_signed(protected, payload) == stated
    assert cose.Template(b"12345678").to_be_signed(payload) == stated


def test_an_empty_protected_header_is_signed_as_no_bytes_however_it_was_written() -> None:
    for protected in (b"", b"\xa0", b"\xbf\xff"):
        message = cose.parse(cbor2.dumps([protected, {1: -7, 4: b"k"}, b"p", b"s"]))
        assert message.to_be_signed() == cbor2.dumps(["Signature1", b"", b"", b"p"])
        assert (message.algorithm, message.kid) == (-7, b"k")


def test_a_template_writes_the_message_that_is_read_back() -> None:
    template = cose.Template(b"12345678")
    message = cose.parse(template.message(b"payload", bytes(64)))
    assert (message.algorithm, message.kid) == (cose.ES256, b"12345678")
    assert (message.payload, message.signature) == (b"payload", bytes(64))
    assert message.to_be_signed() == template.to_be_signed(b"payload")
