"""docs/verifiers.md is kept true: its tables are compared with the code, its example is run."""

import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.urls import resolve
from django.utils import timezone

from certificates.hcert.verify import Reason
from certificates.services.publishing import publish_lists
from certificates.services.revocation import revoke_certificate
from tests.certificates.conftest import issued
from tests.factories import make_dose

TEXT = (Path(settings.BASE_DIR) / "docs" / "verifiers.md").read_text(encoding="utf-8")


def test_the_table_of_reasons_is_that_of_the_verifier_in_its_order():
    order = TEXT.split("## The order of checks")[1].split("## A verifier")[0]
    assert re.findall(r"^\| `(\w+)` \|", order, re.MULTILINE) == [str(each) for each in Reason]


def test_the_table_of_addresses_is_what_is_served():
    rows = re.findall(
        r"^\| `(/api/v1/[^`]+)` \| [^|]+ \| `([^`]+)` \| (\d+) \|", TEXT, re.MULTILINE
    )
    assert len(rows) == 6
    for address, content_type, seconds in rows:
        number = "7d2c1f34-0000-4000-8000-000000000000"
        view = resolve(address.replace("<batchId>", number)).func.view_class
        assert (view.content_type, view.seconds) == (content_type, int(seconds))


@pytest.fixture
def example(live_server):
    """The names of the document's example, reading from our own running server."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict = {"SERVER": live_server.url}
    exec(compile(code, "docs/verifiers.md", "exec"), names)  # noqa: S102 - it is our own text
    return names


@pytest.fixture
def published(transactional_db, signing_keys):
    """A live certificate and a revoked one, published."""
    live, revoked = issued(make_dose()), issued(make_dose())
    revoke_certificate(uvci=revoked.uvci, reason="Cấp nhầm người")
    publish_lists(timezone.now())
    csca = x509.load_pem_x509_certificate(live.key.csca_pem.encode())
    return live, revoked, csca.fingerprint(hashes.SHA256()).hex()


def test_the_example_judges_our_certificates_by_what_is_published_alone(published, example):
    live, revoked, csca = published
    keys, ended = example["read_lists"](csca)
    content = example["judge"](live.hcert, keys, ended)
    assert content["v"][0]["ci"] == live.uvci
    with pytest.raises(ValueError, match="revoked"):
        example["judge"](revoked.hcert, keys, ended)
    key = next(iter(keys))
    stranger = x509.load_pem_x509_certificate(live.key.csca_pem.encode()).public_key()
    with pytest.raises(InvalidSignature):
        example["judge"](live.hcert, {key: stranger}, ended)


def test_the_example_believes_no_other_authority(published, example):
    with pytest.raises(ValueError, match="authority"):
        example["read_lists"]("00" * 32)


def test_the_map_of_the_project_leads_there():
    readme = (Path(settings.BASE_DIR) / "README.md").read_text(encoding="utf-8")
    assert "(docs/verifiers.md)" in readme
