"""The commands around lists for verifiers: what is exported, and what is imported."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from certificates.hcert.trust import TrustList
from certificates.models import PublishedFile
from certificates.services.revocation import revoke_certificate

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_each_format_is_exported(certificate):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert "written" in run("publish_lists")
    assert run("export_trust_list", "--format", "dgcg") == run("export_trust_list")
    assert len(TrustList.from_json(run("export_trust_list"))) == 1
    assert len(json.loads(run("export_trust_list", "--format", "jwks"))["keys"]) == 1
    assert run("export_trust_list", "--format", "jws").count(".") == 2
    (batch,) = json.loads(run("export_trust_list", "--format", "revocations"))
    assert len(batch["entries"]) == 1


def test_before_the_first_publication_the_export_says_so(certificate):
    with pytest.raises(CommandError, match="published yet"):
        run("export_trust_list", "--format", "jws")


def test_a_new_signer_signs_everything_again(certificate):
    run("publish_lists")
    before = bytes(PublishedFile.objects.get(name="jwks.jws").content)
    run("publish_lists", "--new-signer")
    after = PublishedFile.objects.get(name="jwks.jws")
    assert bytes(after.content).split(b".")[0] != before.split(b".")[0]
    assert after.version == PublishedFile.objects.get(name="offline.bin").version == 2


def test_publishing_without_keys_says_which_settings_are_missing(certificate, settings):
    settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(CommandError, match="SIGNING_PASSPHRASE"):
        run("publish_lists")
