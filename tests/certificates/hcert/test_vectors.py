"""Certificates of other countries give the results their authors state.

The vectors are those of the Digital COVID Certificate test data repository; each states what
a reader should find at some stages. The stages are independent upstream: a vector that makes no
claim about time is judged here at a time inside its own validity.
"""

import base64
import csv
import io
import json
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zxingcpp
from PIL import Image, UnidentifiedImageError

from certificates.hcert import base45, cose, schema
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.hcert.verify import Reason, VerificationResult, read_claims, read_message, verify

from .conftest import NOW, ONE_YEAR, THIRD_PARTY_DATA, WHY_SKIPPED, Authority, trusting

KNOWN_UPSTREAM: dict[tuple[str, str], tuple[str, Reason]] = {
    # Wrong upstream, as its known_issues.csv says; with what we find instead of the claim.
    ("ES", "401"): ("test_verification_check", Reason.KEY),  # signed on P-384
    ("ES", "402"): ("test_verification_check", Reason.KEY),
    ("ES", "403"): ("test_verification_check", Reason.KEY),
    ("HU", "3"): ("test_cose_schema", Reason.SCHEMA),  # name of the test centre over 80
    ("RO", "2"): ("test_cose_schema", Reason.CONTENT),  # two vaccinations
}
KNOWN_OTHER_JSON = {("FR", "test_pcr_ok"): "test_cose_json"}
"""The JSON beside the certificate is of another one."""

FAILS_AT: dict[str, set[Reason]] = {
    # What a reader may answer when a vector says that a stage must fail.
    "EXPECTEDUNPREFIX": {Reason.NOT_A_CERTIFICATE},
    "EXPECTEDB45DECODE": {Reason.BASE45},
    "EXPECTEDCOMPRESSION": {Reason.INFLATE},
    "EXPECTEDDECODE": {Reason.CBOR, Reason.COSE, Reason.CWT, Reason.CONTENT},
    "EXPECTEDVERIFY": {Reason.CBOR, Reason.COSE, Reason.UNKNOWN_KEY, Reason.SIGNATURE, Reason.CWT},
    "EXPECTEDEXPIRATIONCHECK": {Reason.NOT_YET_VALID, Reason.EXPIRED},
    "EXPECTEDKEYUSAGE": {Reason.KEY_USAGE},
    "EXPECTEDSCHEMAVALIDATION": {Reason.CONTENT, Reason.SCHEMA},
    "EXPECTEDVALIDOBJECT": {Reason.CONTENT, Reason.SCHEMA},
}
BY_OTHER_TESTS = {"EXPECTEDPICTUREDECODE", "EXPECTEDVALIDJSON", "EXPECTEDENCODE"}
NOT_A_CLAIM = {"EXPECTEDRESULTS", "EXPTECTEDEXPIRED"}
"""Misspelled keys of Spanish vectors, which no upstream check reads."""


def vectors(stating: Callable[[dict[str, Any]], Any] = bool) -> list[Any]:
    """Return the vectors that state something as test parameters, or why there are none."""
    if THIRD_PARTY_DATA is None:
        return [pytest.param(None, marks=pytest.mark.skip(reason=WHY_SKIPPED))]
    paths = sorted((THIRD_PARTY_DATA / "dgc-testdata").glob("*/2DCode/raw/*.json"))
    return [
        pytest.param(path, id=f"{path.parts[-4]}-{path.stem}")
        for path in paths
        if stating(load(path))
    ]


def expects(stage: str) -> Callable[[dict[str, Any]], Any]:
    """Return the question whether a vector says that `stage` holds."""
    return lambda vector: vector["EXPECTEDRESULTS"].get(stage)


def name_of(path: Path) -> tuple[str, str]:
    """Return country and number of a vector."""
    return path.parts[-4], path.stem


def load(path: Path) -> dict[str, Any]:
    """Return a vector; some begin with a byte order mark."""
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    return vector


def clock(vector: dict[str, Any]) -> datetime:
    """Return the vector's own time of verification; seven digits of a second are cut to six."""
    text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", vector["TESTCTX"]["VALIDATIONCLOCK"])
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def trust(vector: dict[str, Any]) -> TrustList:
    """Return a list of the vector's own signing certificate."""
    der = base64.b64decode(vector["TESTCTX"]["CERTIFICATE"])
    return TrustList([TrustedKey.from_der(der)])


def judge(vector: dict[str, Any]) -> VerificationResult:
    """Return our verdict at the vector's time, or inside its validity when it claims none."""
    text, keys, at = vector["PREFIX"], trust(vector), clock(vector)
    if "EXPECTEDEXPIRATIONCHECK" not in vector["EXPECTEDRESULTS"]:
        result = verify(text, keys, at)
        if result.reason in (Reason.NOT_YET_VALID, Reason.EXPIRED):
            assert result.certificate is not None
            at = datetime.fromisoformat(result.certificate["issued_at"]) + timedelta(seconds=1)
    return verify(text, keys, at)


@pytest.mark.parametrize("path", vectors())
def test_a_vector_gives_the_result_its_author_states(path: Path) -> None:
    vector = load(path)
    expected: dict[str, bool] = vector["EXPECTEDRESULTS"]
    unknown = set(expected) - set(FAILS_AT) - BY_OTHER_TESTS - NOT_A_CLAIM
    assert not unknown
    reason = judge(vector).reason
    if name_of(path) in KNOWN_UPSTREAM:
        assert reason == KNOWN_UPSTREAM[name_of(path)][1]
        return
    failing = [stage for stage, holds in expected.items() if not holds and stage in FAILS_AT]
    if failing:
        assert reason in set.union(*(FAILS_AT[stage] for stage in failing))
    else:
        assert reason == Reason.OK


@pytest.mark.parametrize("path", vectors(expects("EXPECTEDVALIDJSON")))
def test_a_vector_decodes_to_the_json_beside_it(path: Path) -> None:
    vector = load(path)
    content = read_claims(read_message(vector["PREFIX"]).payload).content
    if name_of(path) in KNOWN_OTHER_JSON:
        assert content != vector["JSON"]
    else:
        assert content == vector["JSON"]


@pytest.mark.parametrize("path", vectors(expects("EXPECTEDUNPREFIX")))
def test_the_text_of_a_vector_is_its_base45_with_the_prefix(path: Path) -> None:
    vector = load(path)
    stated = vector.get("BASE45") or vector["PREFIX"][4:]
    assert vector["PREFIX"] == "HC1:" + stated


@pytest.mark.parametrize(
    "path", vectors(lambda vector: expects("EXPECTEDDECODE")(vector) and vector.get("COSE"))
)
def test_the_message_of_a_vector_is_the_one_stated_beside_it(path: Path) -> None:
    vector = load(path)
    packed = base45.decode(vector["PREFIX"][4:])
    assert cose.parse(zlib.decompress(packed)) == cose.parse(bytes.fromhex(vector["COSE"]))


def states_a_picture(vector: dict[str, Any]) -> bool:
    """Tell whether a vector speaks of its picture and has one; some French ones do not."""
    return "EXPECTEDPICTUREDECODE" in vector["EXPECTEDRESULTS"] and bool(vector.get("2DCODE"))


def texts_in(picture: bytes) -> list[str]:
    """Return the texts of the QR codes in a picture; none when it is not one, as in Q1."""
    try:
        image = Image.open(io.BytesIO(picture)).convert("L")
    except UnidentifiedImageError:
        return []
    codes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in codes]


@pytest.mark.parametrize("path", vectors(states_a_picture))
def test_the_picture_of_a_vector_holds_its_text(path: Path) -> None:
    vector = load(path)
    expected = vector["EXPECTEDRESULTS"]["EXPECTEDPICTUREDECODE"]
    found = texts_in(base64.b64decode(vector["2DCODE"]))
    assert (found == [vector["PREFIX"]]) == expected


@pytest.mark.parametrize("path", vectors(expects("EXPECTEDENCODE")))
def test_the_content_of_a_vector_can_be_written_and_read_by_us(
    path: Path, authority: Authority
) -> None:
    content = load(path)["JSON"]
    signer = authority.signer(kinds=())
    batch = CertificateBatchSigner(signer)
    text = batch.sign(content, issued_at=NOW, expires_at=NOW + ONE_YEAR)
    assert verify(text, trusting(signer), NOW).is_valid
    assert read_claims(read_message(text).payload).content == content


@pytest.mark.parametrize("path", vectors(lambda vector: vector.get("JSON")))
def test_our_schema_and_the_published_one_agree_about_a_vector(path: Path) -> None:
    content = load(path)["JSON"]
    text = (path.parents[4] / "schema/1.3.3/DCC.combined-schema.json").read_text()
    published = jsonschema.Draft202012Validator(json.loads(text)).is_valid(content)
    assert (schema.has_single_entry(content) and schema.is_valid(content)) == published


def test_each_exception_is_known_upstream(third_party: Path) -> None:
    with (third_party / "dgc-testdata" / "known_issues.csv").open() as file:
        known = {
            (row["country"], row["test_set"], row["test_name"]) for row in csv.DictReader(file)
        }
    for (country, number), (check, _) in KNOWN_UPSTREAM.items():
        assert (country, number, check) in known
    for (country, number), check in KNOWN_OTHER_JSON.items():
        assert (country, number, check) in known


def test_all_published_cases_are_there(third_party: Path) -> None:
    folder = third_party / "dgc-testdata"
    listed = set(
        re.findall(r"common/2DCode/raw/(\w+)\.json", (folder / "BasicDgcTestsList.md").read_text())
    )
    present = {path.stem for path in (folder / "common/2DCode/raw").glob("*.json")}
    assert listed == present


def test_the_sample_of_viet_nam_is_read_but_not_believed_without_its_key(
    third_party: Path,
) -> None:
    picture = Image.open(third_party / "vn-sample" / "1.3.0" / "VAC_VN.png")
    (code,) = zxingcpp.read_barcodes(picture)
    message = read_message(code.text)
    assert message.algorithm == cose.PS256
    claims = read_claims(message.payload)
    assert claims.issuer == "VN"
    assert claims.content["nam"]["fnt"] == "NGUYEN"
    assert schema.has_single_entry(claims.content)
    assert schema.is_valid(claims.content)
    assert verify(code.text, TrustList(), NOW).reason == Reason.UNKNOWN_KEY
