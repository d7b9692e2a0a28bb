"""Keys and contents that the figures of the codec share; no database."""

import datetime
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from certificates.hcert import keys, uvci
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.payload import Subject, VaccinationEntry, vaccination_payload
from certificates.hcert.trust import TrustedKey, TrustList

NAMES = [
    "Nguyễn Thị Ánh Tuyết",
    "Trần Văn Đức",
    "Lê Hoàng Phương Uyên",
    "Phạm Ngọc Bảo Châu",
    "Đặng Thị Hồng Nhung",
    "Vũ Minh Quân",
    "Võ Thị Sáu",
]
YEAR = datetime.timedelta(days=365)


@dataclass
class Issuer:
    """A country authority with one document signer, made now."""

    now: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    )

    def __post_init__(self) -> None:
        csca_key, key = keys.new_private_key(), keys.new_private_key()
        country: dict[str, Any] = {"country": "VN", "organisation": "Benchmark"}
        csca = keys.make_csca(key=csca_key, now=self.now - YEAR, **country)
        certificate = keys.make_dsc(
            key=key.public_key(), csca=csca, csca_key=csca_key, now=self.now, **country
        )
        self.signer = keys.FileSigner(certificate=certificate, private_key=key)
        self.batch = CertificateBatchSigner(self.signer)
        self.der = certificate.public_bytes(Encoding.DER)
        self.trusted = TrustList([TrustedKey.from_der(self.der)])

    def signed(self) -> str:
        """A new certificate, from what stands of a dose to the HC1 text."""
        return self.batch.sign(content(), issued_at=self.now, expires_at=self.now + YEAR)


_people = itertools.cycle(NAMES)


def content() -> dict[str, Any]:
    """The health content of one dose: names split and transliterated, a new identifier, codes
    checked. The next person's at each call."""
    return vaccination_payload(
        subject=Subject.vietnamese(next(_people), "1987-03-12"),
        entry=VaccinationEntry(
            product="EU/1/20/1528",
            holder="ORG-100030215",
            prophylaxis="1119349007",
            dose_number=1,
            series_doses=2,
            dose_date=datetime.date(2021, 11, 5),
            issuer="Ministry of Health of Viet Nam",
            uvci=uvci.new_uvci(),
        ),
    )


def in_turn(things: list[str], work: Callable[[str], object]) -> Callable[[], object]:
    """`work` on the next of `things` at each call, so that nothing is measured from a cache."""
    endless = itertools.cycle(things)
    return lambda: work(next(endless))
