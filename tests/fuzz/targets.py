"""What is fuzzed: each target takes any bytes, and whatever it raises is a fault of ours.

`tests.fuzz` drives them with a coverage-guided fuzzer, `test_targets.py` briefly with hypothesis.
A target comes with seeds, good inputs from which the search starts.
"""

import base64
import contextlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.hcert import base45, cbor, cose, ddcc, issue, jwks, keys, revocation
from certificates.hcert.signer_lists import read_signers
from certificates.hcert.trust import TrustedKey, TrustList, TrustListError
from certificates.hcert.verify import Reason, VerificationResult, verify
from tests.certificates.hcert import hostile
from tests.certificates.hcert.conftest import NOW, ONE_YEAR
from tests.fuzz import cards

_TAG_BYTES = range(0xC0, 0xDC)


@dataclass(frozen=True)
class Target:
    """A function over any bytes, and what makes the inputs to start from."""

    run: Callable[[bytes], object]
    make_seeds: Callable[[], list[bytes]]


@cache
def _signers() -> tuple[hostile.Foreign, ...]:
    return hostile.foreign(cose.ES256), hostile.foreign(cose.PS256)


@cache
def _trust_list() -> TrustList:
    return TrustList(signer.trusted for signer in _signers())


@cache
def _good() -> dict[str, dict[str, Any] | None]:
    """Return the good certificates with what they say."""
    texts = [hostile.certificate(s, hostile.content_of(kind)) for s in _signers() for kind in "vtr"]
    return {text: verify(text, _trust_list(), NOW).certificate for text in texts}


def _packed() -> list[bytes]:
    return [base45.decode(text[4:]) for text in _good()]


def _messages() -> list[bytes]:
    return [zlib.decompress(packed) for packed in _packed()]


def _judge(text: str) -> VerificationResult:
    """Return the verdict; it can be written as JSON, and its reason is one of the list."""
    result = verify(text, _trust_list(), NOW)
    assert result.reason in Reason
    assert result.is_valid == (result.status == "valid")
    json.dumps(result.as_dict(), allow_nan=False)
    return result


def _forged(text: str) -> None:
    """Judge a text that nobody signed but for our good ones: only their content is ever shown."""
    shown = _judge(text).certificate
    assert shown is None or shown in _good().values()


def text(data: bytes) -> None:
    """Any text, with and without the prefix."""
    anything = data.decode("utf-8", "surrogateescape")
    _forged(anything)
    _forged("HC1:" + anything)


def packed(data: bytes) -> None:
    """Any bytes where the compressed message should be."""
    _forged("HC1:" + base45.encode(data))


def message(data: bytes) -> None:
    """Any bytes where the signed message should be."""
    _forged(hostile.packed(data))


def claims(data: bytes) -> None:
    """Any bytes truly signed, as by a careless country."""
    _judge(hostile.text(hostile.message(_signers()[0], data)))


def content(data: bytes) -> None:
    """Any CBOR truly signed where the health content should be."""
    _under_the_claim(issue.SUBCLAIM_EU_DCC, data)


def core_data_set(data: bytes) -> None:
    """Any CBOR truly signed where WHO's core data set should be."""
    _under_the_claim(ddcc.SUBCLAIM, data)


def _under_the_claim(number: int, data: bytes) -> None:
    before = cbor2.dumps({1: "XX", 4: int((NOW + ONE_YEAR).timestamp()), 6: int(NOW.timestamp())})
    signed = b"\xa4" + before[1:] + b"\x39\x01\x03\xa1" + bytes((number,)) + data
    _judge(hostile.text(hostile.message(_signers()[0], signed)))


def cbor_reader(data: bytes) -> None:
    """The CBOR reader takes nothing that another library refuses, and reads the same."""
    try:
        value = cbor.loads(data)
    except cbor.CborError:
        return
    if not any(byte in _TAG_BYTES for byte in data):  # tags mean more to the other library
        assert cbor2.dumps(value) == cbor2.dumps(_plain(cbor2.loads(data)))


def _plain(value: Any) -> Any:
    """Return a value with "undefined" as nothing, as our reader has it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if value is cbor2.undefined else value


def base45_reader(data: bytes) -> None:
    """Base45 that is read is written again the same, and everything written is read."""
    assert base45.decode(base45.encode(data)) == data
    anything = data.decode("latin-1")
    with contextlib.suppress(base45.Base45Error):
        assert base45.encode(base45.decode(anything)) == anything


def trust_list(data: bytes) -> None:
    """A trust list from elsewhere is read or refused with its own error."""
    with contextlib.suppress(TrustListError):
        TrustList.load(data.decode("utf-8", "surrogateescape"))


def signer_lists(data: bytes) -> None:
    """The reader that keeps the good entries of a list yields each, or its own error for all."""
    with contextlib.suppress(TrustListError):
        for entry in read_signers(data.decode("utf-8", "surrogateescape")):
            assert (entry.key is None) == bool(entry.problem)


def signing_certificate(data: bytes) -> None:
    """A signing certificate from elsewhere is read or refused, and can be tried and listed."""
    try:
        trusted = TrustedKey.from_der(data)
    except TrustListError:
        return
    json.dumps(trusted.as_item())
    for good in _messages()[:1] + _messages()[-1:]:
        trusted.verifies(cose.parse(good))


def offline_list(data: bytes) -> None:
    """A list of ended certificates, truly signed, is read or refused with its own error."""
    signer = _signers()[0]
    with contextlib.suppress(revocation.OfflineListError):
        found = revocation.read_offline(data + signer.sign(data), signer.key.public_key())
        assert len(found) == len(set(found.values))


def signed_list(data: bytes) -> None:
    """A signed trust list is read or refused with its own error."""
    with contextlib.suppress(jwks.SignedListError):
        signed, _ = jwks.read_compact(data, _list_signer()[1], at=NOW)
        assert signed == b"{}"


def _offline_seeds() -> list[bytes]:
    values = ([], [7], [1, 2, 3, 2**48 - 1], list(range(0, 2**48, 2**42)))
    return [
        revocation.write_offline(
            each, version=1, made_at=NOW, fresh_until=NOW, sign=lambda _: bytes(64)
        )[:-64]
        for each in values
    ]


@cache
def _list_signer() -> tuple[keys.FileSigner, x509.Certificate]:
    """Return who signs lists in a country, and the authority above."""
    authority, key = keys.new_private_key(), keys.new_private_key()
    csca = keys.make_csca(key=authority, now=NOW, country="XX", organisation="XX")
    signer = keys.make_list_signer(
        key=key.public_key(),
        csca=csca,
        csca_key=authority,
        now=NOW,
        country="XX",
        organisation="XX",
    )
    return keys.FileSigner(signer, key), csca


def _signed_list_seeds() -> list[bytes]:
    signer, csca = _list_signer()
    chain = [each.public_bytes(Encoding.DER) for each in (signer.certificate, csca)]
    return [jwks.sign_compact(b"{}", signer, chain)]


def _claims_seeds() -> list[bytes]:
    return [cose.parse(each).payload for each in _messages()[:3]]


def _content_seeds() -> list[bytes]:
    return [cbor2.dumps(hostile.content_of(kind)) for kind in "vtr"]


def _core_data_set_seeds() -> list[bytes]:
    said = ddcc.core_data_set(
        hostile.content_of("v"), lot="AB1", centre="Q1", issued_at=NOW, expires_at=NOW + ONE_YEAR
    )
    return [cbor2.dumps(said), cbor2.dumps([said])]


def _certificates() -> list[bytes]:
    oids = [f"{arc}.{last}" for arc in keys.USAGE_ARCS for last in keys.USAGES.values()]
    signers = [*_signers(), hostile.foreign(oids=oids)]
    return [signer.certificate.public_bytes(Encoding.DER) for signer in signers]


def _trust_list_seeds() -> list[bytes]:
    pem = b"".join(s.certificate.public_bytes(Encoding.PEM) for s in _signers())
    raw = json.dumps([{"rawData": base64.b64encode(der).decode()} for der in _certificates()])
    return [_trust_list().to_json().encode(), pem, raw.encode()]


def _signer_list_seeds() -> list[bytes]:
    authority = _certificates()[0]
    listed = [(signer.trusted, authority) for signer in _signers()]
    own = jwks.jwks(listed, version=1, issued=NOW)
    return [*_trust_list_seeds(), json.dumps(own).encode()]


TARGETS: dict[str, Target] = {
    "text": Target(text, lambda: [each.encode() for each in _good()]),
    "packed": Target(packed, _packed),
    "message": Target(message, _messages),
    "claims": Target(claims, _claims_seeds),
    "content": Target(content, _content_seeds),
    "core_data_set": Target(core_data_set, _core_data_set_seeds),
    "cbor": Target(cbor_reader, lambda: [*_messages(), *_claims_seeds()]),
    "base45": Target(base45_reader, lambda: [each[4:].encode() for each in _good()]),
    "trust_list": Target(trust_list, _trust_list_seeds),
    "signer_lists": Target(signer_lists, _signer_list_seeds),
    "signing_certificate": Target(signing_certificate, _certificates),
    "offline_list": Target(offline_list, _offline_seeds),
    "signed_list": Target(signed_list, _signed_list_seeds),
    "card": Target(cards.card, cards.card_seeds),
    "card_content": Target(cards.card_content, cards.card_content_seeds),
}


@cache
def seeds(name: str) -> list[bytes]:
    """Return the inputs to start a target from, the same ones each time."""
    return TARGETS[name].make_seeds()
