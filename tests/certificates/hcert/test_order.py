"""The order of the checks: of two faults in one certificate, the first of the order is named.

Each fault is made at its own layer and disturbs no other, so any two can be in one certificate.
"""

import dataclasses
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import Any

import cbor2
import pytest

from certificates.hcert import base45
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.hcert.verify import MAX_CHARACTERS, Reason, verify

from . import hostile
from .conftest import NOW, ONE_YEAR
from .hostile import Foreign, foreign

SIGNER = foreign()
DAY = timedelta(days=1)


def unchanged(value: Any) -> Any:
    """Return what came."""
    return value


@dataclass
class Making:
    """A good certificate in the making, with a hook at each layer for a fault."""

    content: dict[str, Any] = field(default_factory=lambda: hostile.content_of("v"))
    claims: dict[int, Any] = field(default_factory=dict)
    header: dict[int, Any] = field(default_factory=dict)
    signature: Callable[[bytes], bytes] = unchanged
    parts: Callable[[list[Any]], Any] = unchanged
    message: Callable[[bytes], bytes] = unchanged
    packed: Callable[[bytes], bytes] = unchanged
    prefix: str = "HC1:"
    spelled: Callable[[str], str] = unchanged
    appended: str = ""
    trusted: TrustedKey = field(default_factory=lambda: SIGNER.trusted)
    ended: set[str] = field(default_factory=set)

    def text(self, signer: Foreign = SIGNER) -> str:
        """Return the certificate with its faults."""
        payload = cbor2.dumps(hostile.claims(self.content) | self.claims)
        header = {1: -7, 4: signer.kid} | self.header
        parts = hostile.message(signer, payload, protected=header)
        parts[3] = self.signature(parts[3])
        message = self.message(cbor2.dumps(cbor2.CBORTag(18, self.parts(parts))))
        packed = self.packed(zlib.compress(message))
        return self.prefix + self.spelled(base45.encode(packed)) + self.appended

    def reason(self) -> Reason:
        """Return why it is refused."""
        revoked, key_revoked = "revoked" in self.ended, "key_revoked" in self.ended
        return verify(
            self.text(),
            TrustList([self.trusted]),
            NOW,
            is_revoked=lambda _: revoked,
            is_key_revoked=lambda _: key_revoked,
        ).reason


def trust(making: Making, **over: Any) -> None:
    """Change the key as it stands in the trust list."""
    making.trusted = dataclasses.replace(making.trusted, **over)


def spoil(making: Making, **over: Any) -> None:
    """Change what a hook does."""
    for name, value in over.items():
        setattr(making, name, value)


FAULTS: dict[Reason, Callable[[Making], object]] = {
    Reason.TOO_LONG: lambda m: spoil(m, appended="0" * MAX_CHARACTERS),
    Reason.NOT_A_CERTIFICATE: lambda m: spoil(m, prefix="HC2:"),
    Reason.BASE45: lambda m: spoil(m, spelled=lambda text: text[:9] + "a" + text[10:]),
    Reason.INFLATE: lambda m: spoil(m, packed=lambda data: data + b"\0"),
    Reason.CBOR: lambda m: spoil(m, message=lambda data: data + b"\0"),
    Reason.COSE: lambda m: spoil(m, parts=lambda parts: [*parts, b""]),
    Reason.ALG: lambda m: m.header.update({1: -8}),
    Reason.UNKNOWN_KEY: lambda m: m.header.update({4: b"unknown!"}),
    Reason.KEY: lambda m: trust(m, public_key=None),
    Reason.SIGNATURE: lambda m: spoil(m, signature=lambda data: data[:-1] + bytes((data[-1] ^ 1,))),
    Reason.CWT: lambda m: m.claims.update({1: 84}),
    Reason.NOT_YET_VALID: lambda m: m.claims.update({6: int((NOW + DAY).timestamp())}),
    Reason.EXPIRED: lambda m: m.claims.update({4: int((NOW - DAY).timestamp())}),
    Reason.KEY_EXPIRED: lambda m: trust(m, not_after=NOW - DAY),
    Reason.KEY_USAGE: lambda m: trust(m, kinds=frozenset("t")),
    Reason.CONTENT: lambda m: m.content["v"].append(m.content["v"][0]),
    Reason.SCHEMA: lambda m: m.content["v"][0].update({"dt": "soon"}),
    Reason.REVOKED: lambda m: m.ended.add("revoked"),
    Reason.KEY_REVOKED: lambda m: m.ended.add("key_revoked"),
}


def test_a_certificate_without_a_fault_is_good_and_every_reason_has_its_fault() -> None:
    assert Making().reason() == "ok"
    assert [*FAULTS, Reason.OK] == list(Reason)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_is_named(fault: Reason) -> None:
    making = Making()
    FAULTS[fault](making)
    assert making.reason() == fault


@pytest.mark.parametrize(("first", "second"), list(combinations(FAULTS, 2)))
def test_of_two_faults_the_first_in_the_order_of_checks_is_named(
    first: Reason, second: Reason
) -> None:
    for one, other in ((first, second), (second, first)):
        making = Making()
        FAULTS[one](making)
        FAULTS[other](making)
        assert making.reason() == first


def test_a_certificate_with_every_fault_is_told_them_one_after_the_other() -> None:
    for number, fault in enumerate(FAULTS):
        making = Making()
        for later in list(FAULTS)[number:]:
            FAULTS[later](making)
        assert making.reason() == fault


def test_nothing_that_is_not_signed_is_read_as_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: bytes) -> None:
        raise AssertionError("claims read before the signature was checked")

    monkeypatch.setattr("certificates.hcert.verify.read_claims", never)
    for fault in list(FAULTS)[: list(FAULTS).index(Reason.CWT)]:
        making = Making()
        FAULTS[fault](making)
        assert making.reason() == fault


def test_an_expired_certificate_is_shown_whatever_ends_it_later() -> None:
    making = Making()
    FAULTS[Reason.REVOKED](making)
    late = verify(making.text(), TrustList([making.trusted]), NOW + 2 * ONE_YEAR)
    assert (late.reason, late.certificate is not None) == ("expired", True)
