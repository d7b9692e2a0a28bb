"""Vectors that are wrong themselves: what each states wrongly, and how that can be seen.

Every error here is proved by the vector itself each time it is read (`shows`); a vector that
is mended upstream is reported as a failure, so that its line is taken out.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

from certificates.conformance.stages import NOT_A_STATEMENT, content_of
from certificates.conformance.vectors import COMMON, Vector
from certificates.hcert.verify import Reason, Refused, read_claims, read_message


@dataclass(frozen=True)
class UpstreamError:
    """`stages` are stated wrongly; we answer `reason`; `issue` is the number at the vectors' home.

    `known_as` is the check under which known_issues.csv lists it.
    """

    stages: frozenset[str]
    reason: Reason
    why: str
    recognised: str
    issue: int
    known_as: str
    shows: Callable[[Vector], bool]


def _signed_off_p256(vector: Vector) -> bool:
    """Tell whether the signing certificate holds an EC key on another curve than P-256."""
    (trusted,) = vector.trust_list
    key = load_der_x509_certificate(trusted.der).public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != "secp256r1"


def _times_two_hours_apart(vector: Vector) -> bool:
    """Tell whether the JSON is the signed content but for its times, two hours earlier."""
    signed, beside = content_of(vector), copy.deepcopy(vector.data["JSON"])
    for field in ("sc", "dr"):
        moment = datetime.fromisoformat(beside["t"][0][field]) + timedelta(hours=2)
        beside["t"][0][field] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return bool(signed == beside)


def _test_centre_too_long(vector: Vector) -> bool:
    """Tell whether the name of the test centre has more than 80 characters."""
    return len(content_of(vector)["t"][0]["tc"]) > 80


def _two_vaccinations(vector: Vector) -> bool:
    """Tell whether the certificate holds two vaccinations."""
    return len(content_of(vector)["v"]) == 2


def _on_p384() -> UpstreamError:
    return UpstreamError(
        frozenset({"EXPECTEDVERIFY"}),
        Reason.KEY,
        "Said to verify, but it is signed with a key on the curve P-384; ES256 in these "
        "certificates is P-256 only.",
        "the curve of the signing certificate in the file",
        228,
        "test_verification_check",
        _signed_off_p256,
    )


KNOWN: Final[dict[tuple[str, str], UpstreamError]] = {
    ("ES", "401"): _on_p384(),
    ("ES", "402"): _on_p384(),
    ("ES", "403"): _on_p384(),
    ("FR", "test_pcr_ok"): UpstreamError(
        frozenset({"EXPECTEDVALIDJSON"}),
        Reason.OK,
        "Said to be the same content, but the times of sample and result are two hours earlier in "
        "the JSON than in what was signed.",
        "equal once two hours are added",
        141,
        "test_cose_json",
        _times_two_hours_apart,
    ),
    ("HU", "3"): UpstreamError(
        frozenset({"EXPECTEDSCHEMAVALIDATION", "EXPECTEDVALIDOBJECT"}),
        Reason.SCHEMA,
        "Said to satisfy the schema, but the name of the test centre is longer than the 80 "
        "characters it has.",
        "the length of the field `tc`",
        340,
        "test_cose_schema",
        _test_centre_too_long,
    ),
    ("RO", "2"): UpstreamError(
        frozenset({"EXPECTEDSCHEMAVALIDATION"}),
        Reason.CONTENT,
        "Said to satisfy the schema, but it holds two vaccinations; the schema admits one.",
        "two entries under `v`",
        356,
        "test_cose_schema",
        _two_vaccinations,
    ),
}


def _misspelled(vector: Vector) -> bool:
    return bool(set(vector.stated) & NOT_A_STATEMENT)


def _without_picture(vector: Vector) -> bool:
    return "EXPECTEDPICTUREDECODE" in vector.stated and not vector.given("2DCODE")


def _describes_the_opposite(vector: Vector) -> bool:
    word = str(vector.data["TESTCTX"].get("DESCRIPTION")).partition(":")[0]
    return vector.folder == COMMON and word == ("INVALID" if _all_hold(vector) else "VALID")


def _all_hold(vector: Vector) -> bool:
    return all(vector.stated.values())


def _claims(vector: Vector) -> Any:
    try:
        return read_claims(read_message(vector.text).payload)
    except Refused:
        return None


def _fractions_of_a_second(vector: Vector) -> bool:
    claims = _claims(vector)
    return claims is not None and not (claims.issued.is_integer() and claims.expires.is_integer())


def _of_another_country(vector: Vector) -> bool:
    claims = _claims(vector)
    return vector.folder != COMMON and claims is not None and claims.issuer != vector.folder


SLIPS: Final[tuple[tuple[str, Callable[[Vector], bool]], ...]] = (
    ("a statement under a misspelled name, which is no statement", _misspelled),
    ("a statement about a picture that is not in the file", _without_picture),
    (
        "a description that says the opposite of the list and the statements",
        _describes_the_opposite,
    ),
    ("times with fractions of a second, which should be whole numbers", _fractions_of_a_second),
    ("another country as issuer than the folder's", _of_another_country),
)
"""Slips that change no result: our reader takes such certificates all the same."""
