"""Issuing: what we sign, others can read."""

import json
import re
import subprocess
import sys
import zlib
from datetime import date, timedelta
from pathlib import Path

import base45 as base45_oracle
import cbor2
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import issue, keys, valuesets
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import read_claims, read_message, verify

from .conftest import NOW, ONE_YEAR, Authority, make_payload, trusting


def test_the_message_is_tagged_and_names_its_key_in_the_protected_header(
    hcert: str, signer: keys.FileSigner
) -> None:
    message = cbor2.loads(zlib.decompress(base45_oracle.b45decode(hcert[4:])))
    assert message.tag == 18
    protected, unprotected, _, signature = message.value
    assert cbor2.loads(protected) == {1: -7, 4: signer.kid}
    assert unprotected == {}
    assert len(signature) == 64


def test_what_we_sign_keeps_to_the_checks_for_issuers(hcert: str, signer: keys.FileSigner) -> None:
    """Those of the list of cases beside the published vectors, I-CO1 to I-CO5."""
    message = cbor2.loads(zlib.decompress(base45_oracle.b45decode(hcert[4:])))
    claims = cbor2.loads(message.value[2])
    assert re.fullmatch("[A-Z]{2}", claims[1])
    assert len(cbor2.loads(message.value[0])[4]) == 8
    assert signer.certificate.public_key().curve.name == "secp256r1"
    assert (type(claims[4]), type(claims[6])) == (int, int)
    assert "undefined" not in repr(claims)
    assert repr(cbor2.loads(cbor2.dumps(cbor2.undefined))) == "undefined"


def test_what_we_sign_satisfies_the_published_schema(hcert: str, third_party: Path) -> None:
    for version in ("1.3.0", "1.3.3"):
        path = third_party / "schema" / version / "DCC.combined-schema.json"
        validator = jsonschema.Draft202012Validator(
            json.loads(path.read_text()), format_checker=jsonschema.FormatChecker()
        )
        content = read_claims(read_message(hcert).payload).content
        validator.validate(content)


@given(
    name=st.text(alphabet="ĐđẰằỗƯưỹ aBn-'.", min_size=1).map(lambda rest: "Lê" + rest),
    product=st.sampled_from([p for p in valuesets.products().values() if p.active]),
    number=st.integers(1, 4),
    given_on=st.dates(date(2021, 3, 8), date(2022, 12, 31)),
)
def test_whatever_is_signed_is_verified_and_read_back(
    name: str,
    product: valuesets.Product,
    number: int,
    given_on: date,
    batch: CertificateBatchSigner,
    trust_list: TrustList,
) -> None:
    content = make_payload(
        name,
        product=product.code,
        holder=product.holder,
        prophylaxis=product.prophylaxis[0],
        dose_number=number,
        series_doses=number,
        dose_date=given_on,
    )
    text = batch.sign(content, issued_at=NOW, expires_at=NOW + ONE_YEAR)
    result = verify(text, trust_list, NOW)
    assert result.is_valid
    assert result.certificate is not None
    assert result.certificate["entry"] == content["v"][0]
    assert read_claims(read_message(text).payload).content == content


def test_a_long_name_still_fits_a_qr_code_that_old_phones_read(
    batch: CertificateBatchSigner,
) -> None:
    content = make_payload("Nguyễn Hoàng Thị Bích Phượng Quỳnh")
    text = batch.sign(content, issued_at=NOW, expires_at=NOW + ONE_YEAR)
    assert len(text) <= 656  # what version 16-M holds in alphanumeric mode (ISO 18004, table 7)


@pytest.mark.parametrize(
    ("issued_after", "expires_after"),
    [
        (timedelta(days=-2), ONE_YEAR),
        (timedelta(), 2 * ONE_YEAR),
        (timedelta(days=1), timedelta(days=1)),
        (timedelta(days=2), timedelta(days=1)),
    ],
)
def test_a_certificate_must_lie_inside_its_signing_certificate(
    issued_after: timedelta, expires_after: timedelta, batch: CertificateBatchSigner
) -> None:
    with pytest.raises(issue.IssueError):
        batch.sign(make_payload(), issued_at=NOW + issued_after, expires_at=NOW + expires_after)


def test_a_retired_key_is_believed_as_long_as_it_stays_in_the_list(
    hcert: str, signer: keys.FileSigner, authority: Authority
) -> None:
    successor = authority.signer()
    assert successor.kid != signer.kid
    assert verify(hcert, trusting(successor, signer), NOW).is_valid
    assert verify(hcert, trusting(successor), NOW).reason == "unknown_key"


def test_the_package_imports_no_web_framework() -> None:
    modules = [
        path.stem for path in Path(issue.__file__).parent.glob("*.py") if path.stem != "__init__"
    ]
    assert len(modules) > 10
    code = ";".join(f"import certificates.hcert.{name}" for name in modules)
    code += ";import sys;assert not any(m.partition('.')[0] == 'django' for m in sys.modules)"
    root = Path(issue.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)  # noqa: S603
