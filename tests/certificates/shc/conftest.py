"""A card's issuer and holder, made here; no database."""

from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certificates.shc.bundle import CardDose, Person
from certificates.shc.card import Issuer, issue, rid_of
from certificates.shc.keys import PublicKey, thumbprint
from certificates.shc.verify import Issuers

NOW = datetime(2021, 11, 6, 10, 0, tzinfo=UTC)
URL = "https://tiem.example.vn"
PERSON = Person("Đặng", "Thị Bích Phượng", "1983-10-10")
DOSES = (
    CardDose("EU/1/21/1529", date(2021, 8, 1), "ABV4690", "Trạm Y tế phường 7"),
    CardDose("EU/1/20/1528", date(2021, 10, 20), "FK0112", "Bệnh viện quận Tân Phú"),
)


@pytest.fixture(scope="session")
def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def issuer(private_key: ec.EllipticCurvePrivateKey) -> Issuer:
    return issuer_with(private_key)


@pytest.fixture(scope="session")
def trusted(private_key: ec.EllipticCurvePrivateKey) -> Issuers:
    key = PublicKey.of(private_key.public_key())
    return {URL: {key.kid: key}}


@pytest.fixture(scope="session")
def jws(issuer: Issuer) -> str:
    return make_card(issuer)


def issuer_with(key: ec.EllipticCurvePrivateKey, url: str = URL) -> Issuer:
    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Issuer(url, thumbprint(key.public_key()), sign)


def make_card(issuer: Issuer, *doses: CardDose, person: Person = PERSON) -> str:
    rid = rid_of("URN:UVCI:01:VN:ABC#D")
    return issue(person, doses or DOSES, issuer=issuer, issued_at=NOW, rid=rid)
