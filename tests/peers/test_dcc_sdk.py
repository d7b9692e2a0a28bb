"""npm's @pathcheck/dcc-sdk reads what we sign, and we read what it signs."""

import pytest

from tests.peers import dcc_sdk

pytestmark = pytest.mark.skipif(
    not dcc_sdk.is_installed(),
    reason=f"{dcc_sdk.NAME} {dcc_sdk.VERSION} is not installed here: `make peers` brings it, "
    "where npm and a network are",
)


def test_the_package_verifies_what_we_sign_and_refuses_a_changed_signature() -> None:
    assert dcc_sdk.what_it_says_of_ours() == {
        "ES256, as we issue": "verified",
        "PS256, as in the sample of 2021": "verified",
        "kid in the unprotected header": "verified",
        "one bit of the signature changed": "invalid_signature",
    }


def test_we_verify_what_the_package_signs_and_refuse_what_has_no_end() -> None:
    reasons = {what: str(said.reason) for what, said in dcc_sdk.what_we_say_of_its().items()}
    assert reasons.pop("ES256, without an end") == "cwt"
    assert set(reasons.values()) == {"ok"}
    assert len(reasons) == 6
