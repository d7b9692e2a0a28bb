"""Keys, a batch signer and third-party data for the certificate tests; no database."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings

from certificates.hcert import keys, payload, uvci
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustList

# A busy machine is no failure; keys and lists are made once a session and never changed.
settings.register_profile(
    "certificates",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("certificates")

NOW = datetime(2021, 11, 6, 10, 0, tzinfo=UTC)
ONE_YEAR = timedelta(days=365)


def third_party_data() -> Path | None:
    """Return the folder of third-party vectors, which is never part of the project."""
    beside = Path(__file__).resolve().parents[4] / "shared"
    folder = Path(os.environ.get("VAX_SHARED", beside)) / "data" / "hcert"
    return folder if folder.is_dir() else None


THIRD_PARTY_DATA = third_party_data()
WHY_SKIPPED = "third-party certificate vectors are neither in ../shared nor under VAX_SHARED"


@pytest.fixture(scope="session")
def third_party() -> Path:
    if THIRD_PARTY_DATA is None:
        pytest.skip(WHY_SKIPPED)
    return THIRD_PARTY_DATA


@dataclass(frozen=True)
class Authority:
    """A country's signing authority made for the tests."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def signer(self, kinds: tuple[str, ...] = ("v",), now: datetime = NOW) -> keys.FileSigner:
        """Return a new document signer, valid from a day before `now`."""
        key = keys.new_private_key()
        certificate = keys.make_dsc(
            key=key.public_key(),
            csca=self.certificate,
            csca_key=self.key,
            now=now - timedelta(days=1),
            country="VN",
            organisation="Bộ Y tế",
            kinds=kinds,
        )
        return keys.FileSigner(certificate=certificate, private_key=key)


@pytest.fixture(scope="session")
def authority() -> Authority:
    key = keys.new_private_key()
    certificate = keys.make_csca(key=key, now=NOW - ONE_YEAR, country="VN", organisation="Bộ Y tế")
    return Authority(certificate=certificate, key=key)


@pytest.fixture(scope="session")
def signer(authority: Authority) -> keys.FileSigner:
    return authority.signer()


@pytest.fixture(scope="session")
def trust_list(signer: keys.FileSigner) -> TrustList:
    return trusting(signer)


@pytest.fixture(scope="session")
def batch(signer: keys.FileSigner) -> CertificateBatchSigner:
    return CertificateBatchSigner(signer)


@pytest.fixture(scope="session")
def hcert(batch: CertificateBatchSigner) -> str:
    return batch.sign(make_payload(), issued_at=NOW, expires_at=NOW + ONE_YEAR)


def trusting(*signers: keys.FileSigner) -> TrustList:
    """Return a trust list of these signers."""
    return TrustList.from_pem("".join(keys.certificate_pem(s.certificate) for s in signers))


def make_entry(**over: Any) -> payload.VaccinationEntry:
    """Return a second dose of Vaxzevria."""
    facts: dict[str, Any] = {
        "product": "EU/1/21/1529",
        "holder": "ORG-100001699",
        "prophylaxis": "29061000087103",
        "dose_number": 2,
        "series_doses": 2,
        "dose_date": date(2021, 11, 5),
        "issuer": "Bộ Y tế",
        "uvci": uvci.new_uvci(b"fifteen  bytes "),
    }
    return payload.VaccinationEntry(**facts | over)


def make_payload(
    full_name: str = "Đặng Thị Bích Phượng", date_of_birth: str = "1983-10-10", **over: Any
) -> dict[str, Any]:
    """Return the health content of one dose."""
    return payload.vaccination_payload(
        subject=payload.Subject.vietnamese(full_name, date_of_birth), entry=make_entry(**over)
    )
