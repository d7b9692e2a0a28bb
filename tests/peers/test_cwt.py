"""The libraries `cwt` and `base45` read what we sign, and we read what they sign."""

import zlib
from datetime import UTC, datetime

import base45
import cwt
import pytest

from certificates.hcert import cose, keys
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import verify
from tests.certificates.hcert import hostile
from tests.certificates.hcert.conftest import NOW, ONE_YEAR, make_payload
from tests.peers import cwt_library

BOTH = pytest.mark.parametrize(
    "algorithm", [pytest.param(cose.ES256, id="ES256"), pytest.param(cose.PS256, id="PS256")]
)


def ours(issued: datetime) -> tuple[str, keys.FileSigner]:
    """Return a certificate as we issue them, and who signed it."""
    foreign = hostile.foreign(issued=issued)
    signer = keys.FileSigner(foreign.certificate, foreign.key)
    batch = CertificateBatchSigner(signer)
    end = issued + ONE_YEAR / 2
    return batch.sign(make_payload(), issued_at=issued, expires_at=end), signer


def test_the_library_reads_every_claim_that_we_sign() -> None:
    text, signer = ours(NOW)
    assert cwt_library.read(text, cwt_library.public_key(signer)) == {
        1: "VN",
        6: int(NOW.timestamp()),
        4: int((NOW + ONE_YEAR / 2).timestamp()),
        -260: {1: make_payload()},
    }


def test_the_library_reads_a_certificate_of_today_as_a_token_and_refuses_a_changed_one() -> None:
    text, signer = ours(datetime.now(UTC))
    key = cwt_library.public_key(signer)
    raw = zlib.decompress(base45.b45decode(text[4:]))
    assert cwt.decode(raw, keys=key)[-260][1] == make_payload()
    with pytest.raises(cwt.VerifyError):
        cwt.decode(raw[:-1] + bytes((raw[-1] ^ 1,)), keys=key)


@BOTH
@pytest.mark.parametrize("kind", "vtr")
def test_we_read_what_the_library_signs(algorithm: int, kind: str) -> None:
    signer = hostile.foreign(algorithm)
    text = cwt_library.signed(hostile.claims(hostile.content_of(kind), issuer="XX"), signer)
    result = verify(text, TrustList([signer.trusted]), NOW)
    assert result.is_valid
    assert result.certificate is not None
    assert result.certificate["issuer"] == "XX"
    assert result.certificate["entry"] == hostile.content_of(kind)[kind][0]


@BOTH
def test_the_library_and_our_reader_agree_about_a_changed_signature(algorithm: int) -> None:
    signer = hostile.foreign(algorithm)
    text = cwt_library.signed(hostile.claims(), signer)
    data = bytearray(zlib.decompress(base45.b45decode(text[4:])))
    data[-1] ^= 1
    changed = hostile.packed(bytes(data))
    assert hostile.reason(changed, TrustList([signer.trusted])) == "signature"
    with pytest.raises(cwt.VerifyError):
        cwt_library.read(changed, cwt_library.public_key(signer, algorithm))
    assert cwt_library.read(text, cwt_library.public_key(signer, algorithm)) == hostile.claims()


@BOTH
def test_the_library_reads_what_our_tests_write_as_another_country(algorithm: int) -> None:
    signer = hostile.foreign(algorithm)
    text = hostile.certificate(signer)
    assert cwt_library.read(text, cwt_library.public_key(signer, algorithm)) == hostile.claims()
