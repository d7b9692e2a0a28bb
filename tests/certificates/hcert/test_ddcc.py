"""WHO's core data set in the container of certificates: what others read, and what we read."""

import copy
import zlib
from typing import Any

import base45 as base45_oracle
import cwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fhir.resources.R4B.coding import Coding
from fhir.resources.R4B.identifier import Identifier
from fhir.resources.R4B.period import Period
from fhir.resources.R4B.reference import Reference
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import ddcc, keys
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import verify

from .conftest import NOW, ONE_YEAR, make_payload

# The logical model "DDCC Core Data Set for Vaccination Status" 1.0.0 of WHO's guide: which
# elements must be there, and the FHIR type of those that are made of parts.
REQUIRED = {
    "name": str,
    "certificate": {"issuer": Reference, "hcid": Identifier, "version": str, "period": Period},
    "vaccination": {
        "vaccine": Coding,
        "brand": Coding,
        "lot": str,
        "date": str,
        "dose": int,
        "country": Coding,
    },
}
OPTIONAL = {
    "birthDate": str,
    "vaccination": {"maholder": Coding, "totalDoses": int, "centre": str, "disease": Coding},
}


def core_data_set() -> dict[str, Any]:
    return ddcc.core_data_set(
        make_payload(),
        lot="ABV4690",
        centre="Trạm Y tế phường 7",
        issued_at=NOW,
        expires_at=NOW + ONE_YEAR,
    )


def signed(content: Any, signer: keys.FileSigner) -> str:
    return CertificateBatchSigner(signer).sign(
        content, issued_at=NOW, expires_at=NOW + ONE_YEAR, subclaim=ddcc.SUBCLAIM
    )


def check(value: Any, model: Any) -> None:
    """The value is of the model's type, as another FHIR library judges it."""
    if isinstance(model, dict):
        for name, inner in model.items():
            check(value[name], inner)
    elif model in (str, int):
        assert type(value) is model
        assert value
    else:
        model.model_validate(value)


def test_another_cwt_library_reads_it_under_the_claim_of_who(signer: keys.FileSigner) -> None:
    text = signed(core_data_set(), signer)
    packed = base45_oracle.b45decode(text.removeprefix("HC1:"))
    pem = signer.certificate.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    key = cwt.COSEKey.from_pem(pem, kid=signer.kid)
    reader = cwt.CWT.new(expires_in=3600, leeway=10**10)
    claims = reader.decode(zlib.decompress(packed), keys=[key])
    assert claims[1] == "VN"
    assert list(claims[-260]) == [3]
    assert claims[-260][3] == core_data_set()


def test_it_has_the_elements_of_the_published_model() -> None:
    content = core_data_set()
    check(content, REQUIRED)
    check(content, OPTIONAL)
    known = {name for model in (REQUIRED, OPTIONAL) for name in model}
    assert set(content) == known
    for part in ("certificate", "vaccination"):
        inner = {**REQUIRED.get(part, {}), **OPTIONAL.get(part, {})}
        assert set(content[part]) == set(inner)


def test_it_says_what_the_certificate_says(signer: keys.FileSigner, trust_list: TrustList) -> None:
    content = core_data_set()
    assert content["name"] == "Đặng Thị Bích Phượng"
    assert content["vaccination"]["country"]["code"] == "VNM"
    assert content["certificate"]["period"] == {
        "start": "2021-11-06T10:00:00Z",
        "end": "2022-11-06T10:00:00Z",
    }
    result = verify(signed(content, signer), trust_list, NOW)
    assert result.reason == "ok"
    certificate = result.certificate
    assert certificate is not None
    assert certificate["name"] == "Đặng Thị Bích Phượng"
    assert certificate["date_of_birth"] == "1983-10-10"
    assert certificate["entry"] == make_payload()["v"][0] | {"ci": certificate["uvci"]}


def test_a_list_of_one_is_read_too(signer: keys.FileSigner, trust_list: TrustList) -> None:
    assert verify(signed([core_data_set()], signer), trust_list, NOW).reason == "ok"
    two = [core_data_set(), core_data_set()]
    assert verify(signed(two, signer), trust_list, NOW).reason == "content"


def changed(*path: str, to: Any) -> dict[str, Any]:
    """The core data set with another value at `path`; None takes the field out."""
    content = copy.deepcopy(core_data_set())
    place = content
    for name in path[:-1]:
        place = place[name]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed("vaccination", "totalDoses", to=None), "ok"),
        (changed("vaccination", "maholder", to=None), "content"),
        (changed("vaccination", "brand", to=None), "content"),
        (changed("vaccination", "brand", to="x"), "content"),
        (changed("vaccination", "date", to=20210801), "content"),
        (changed("name", to=7), "content"),
        (changed("certificate", "hcid", to=None), "content"),
        (changed("vaccination", to=[]), "content"),
        (changed("vaccination", "dose", to=0), "schema"),
        (changed("vaccination", "date", to="2021-13-01"), "schema"),
        (changed("vaccination", "country", to={"code": "vn"}), "schema"),
        (changed("birthDate", to="yesterday"), "schema"),
        ("", "content"),
        (7, "content"),
        ({}, "content"),
    ],
)
def test_what_has_another_shape_is_refused_with_the_reasons_of_every_certificate(
    signer: keys.FileSigner, trust_list: TrustList, content: Any, reason: str
) -> None:
    assert verify(signed(content, signer), trust_list, NOW).reason == reason


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["vaccination", "certificate", "name", "code", "hcid", "value", "dose"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_nothing_makes_the_reader_fail(value: Any) -> None:
    content = ddcc.health_content(value)
    assert content is None or set(content) == {"ver", "dob", "nam", "v"}
