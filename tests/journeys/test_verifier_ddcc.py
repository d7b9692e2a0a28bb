"""The phone reads WHO's core data set as the server does."""

from typing import Any

import pytest
from playwright.sync_api import Page

from certificates.hcert import keys
from tests.certificates.hcert.conftest import authority, signer, trusting
from tests.certificates.hcert.test_ddcc import changed, core_data_set, signed
from tests.journeys.test_verifier_reasons import Case, compare, verifier

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["authority", "signer", "verifier"]  # fixtures

CONTENTS: list[Any] = [
    core_data_set(),
    [core_data_set()],
    [core_data_set(), core_data_set()],
    changed("vaccination", "totalDoses", to=None),
    changed("vaccination", "maholder", to=None),
    changed("vaccination", "brand", to="x"),
    changed("vaccination", "dose", to=0),
    changed("vaccination", "dose", to="1"),
    changed("vaccination", "date", to="2021-13-01"),
    changed("vaccination", "date", to=20210801),
    changed("vaccination", "country", to={"code": "THA"}),
    changed("vaccination", "country", to={"code": 7}),
    changed("vaccination", to=[]),
    changed("name", to=7),
    changed("name", to="x" * 81),
    changed("birthDate", to="1983"),
    changed("birthDate", to=None),
    changed("certificate", "hcid", to={"value": "a\n"}),
    changed("certificate", "issuer", to="VN"),
    "",
    {},
]


def test_phone_and_server_agree_about_core_data_sets(
    verifier: Page,  # noqa: F811 - the fixture
    signer: keys.FileSigner,
) -> None:
    trusted = trusting(signer)
    cases = [
        Case(str(number), signed(content, signer), trusted)
        for number, content in enumerate(CONTENTS)
    ]
    reasons = compare(verifier, cases)
    assert reasons["ok"] == 5
    assert {"content", "schema"} <= set(reasons)
