"""Other countries' signers: imported entry by entry, and believed for their own country only."""

import base64
import io
import json
import sys
import zlib
from datetime import timedelta

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from django.utils import timezone

from certificates.hcert import base45, cose, keys, uvci
from certificates.hcert.trust import TrustedKey, TrustList, TrustListError
from certificates.models import ForeignSigner
from certificates.published import file_content
from certificates.services import foreign
from certificates.services.foreign import import_signers
from certificates.services.keys import load_signer, published_keys
from certificates.services.publishing import publish_lists
from certificates.services.revocation import revoke_certificate
from certificates.services.verification import check_certificate
from tests.certificates.hcert.conftest import make_payload, third_party_data

pytestmark = pytest.mark.django_db


def foreign_signer(country: str = "DE", kinds: tuple[str, ...] = ()) -> keys.FileSigner:
    """A document signer of another country, valid now."""
    now = timezone.now() - timedelta(days=1)
    csca_key, key = keys.new_private_key(), keys.new_private_key()
    csca = keys.make_csca(key=csca_key, now=now, country=country, organisation="Ministry")
    certificate = keys.make_dsc(
        key=key.public_key(),
        csca=csca,
        csca_key=csca_key,
        now=now,
        country=country,
        organisation="Ministry",
        kinds=kinds,
    )
    return keys.FileSigner(certificate=certificate, private_key=key)


def pem(*signers) -> str:
    return "".join(keys.certificate_pem(signer.certificate) for signer in signers)


def der(signer) -> bytes:
    return signer.certificate.public_bytes(Encoding.DER)


def item(signer, **over) -> dict:
    return TrustedKey.from_der(der(signer)).as_item() | over


def as_json(*items) -> str:
    return json.dumps(list(items))


def foreign_hcert(signer, *, issuer: str = "DE", ci: str = "URN:UVCI:01:DE:ABC#X", **claims):
    """A certificate of another country, written by hand."""
    content = make_payload()
    content["v"][0] |= {"co": "DE", "is": "RKI", "ci": ci}
    return sign(signer, content, issuer=issuer, **claims)


def sign(signer, content, *, issuer="DE", expires_in=timedelta(days=90)):
    now = timezone.now()
    payload = cbor2.dumps(
        {
            1: issuer,
            6: int(max(now - timedelta(hours=1), signer.not_before).timestamp()),
            4: int((now + expires_in).timestamp()),
            -260: {1: content},
        }
    )
    template = cose.Template(signer.kid)
    message = template.message(payload, signer.sign(template.to_be_signed(payload)))
    return "HC1:" + base45.encode(zlib.compress(message))


def judged(text: str) -> str:
    return check_certificate(text=text, at=timezone.now()).reason.value


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_trust_list", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


# ------------------------------------------------------------------ importing


@pytest.mark.parametrize("form", ["pem", "gateway", "ours", "jwks"])
def test_every_form_of_list_is_read(form):
    signers = [foreign_signer(), foreign_signer("FR")]
    x5c = [{"kty": "EC", "x5c": [base64.b64encode(der(each)).decode()]} for each in signers]
    texts = {
        "pem": pem(*signers),
        "gateway": as_json(*map(item, signers)),
        "ours": TrustList(TrustedKey.from_der(der(each)) for each in signers).to_json(),
        "jwks": json.dumps({"keys": x5c}),
    }
    outcome = import_signers(text=texts[form])
    assert (outcome.added, outcome.refused) == (2, [])
    assert set(ForeignSigner.objects.values_list("kid", "country")) == {
        (signers[0].kid.hex(), "DE"),
        (signers[1].kid.hex(), "FR"),
    }
    again = import_signers(text=texts[form])
    assert (again.added, again.known) == (0, 2)


def test_our_own_published_key_set_is_read_by_whom_it_is_foreign_to(certificate):
    publish_lists(timezone.now())
    outcome = import_signers(text=file_content("jwks.json").decode())
    assert [why for _place, why in outcome.refused] == [
        "a signer of Viet Nam: our own keys are not imported"
    ]


def test_a_broken_entry_is_refused_with_its_reason_and_the_rest_is_kept():
    good, other = foreign_signer(), foreign_signer("FR")
    text = as_json(
        item(good),
        "no object",
        {"country": "DE"},
        {"rawData": "%%%", "country": "DE"},
        {"rawData": base64.b64encode(b"no certificate").decode()},
        item(other, kid="AAAAAAAAAAA="),
        item(other, thumbprint="00" * 32),
        item(other, certificateType="CSCA"),
        {"x5c": []},
        {"x5c": [5]},
    )
    outcome = import_signers(text=text)
    assert (outcome.added, outcome.passed_over) == (1, 1)
    assert [place for place, _why in outcome.refused] == [2, 3, 4, 5, 6, 7, 9, 10]
    assert all(why for _place, why in outcome.refused)
    assert ForeignSigner.objects.get().thumbprint == item(good)["thumbprint"]


def test_a_key_of_ours_or_one_listed_as_viet_nams_is_not_imported(certificate):
    outcome = import_signers(text=published_keys().to_json())
    assert (outcome.added, len(outcome.refused)) == (0, 1)
    outcome = import_signers(text=as_json(item(foreign_signer(), country="VN")))
    assert (outcome.added, len(outcome.refused)) == (0, 1)
    outcome = import_signers(text=pem(foreign_signer("VN")), country="DE")
    assert (outcome.added, len(outcome.refused)) == (0, 1)


def test_a_country_narrows_the_list_and_speaks_for_entries_that_name_none():
    text = as_json(item(foreign_signer()), item(foreign_signer("FR")))
    outcome = import_signers(text=text, country="de")
    assert (outcome.added, outcome.refused) == (1, [(2, "of another country: FR")])
    nameless = as_json(item(nameless_signer(), country=""))
    assert import_signers(text=nameless).refused == [(1, "names no country; say it with --country")]
    assert import_signers(text=nameless, country="AT").added == 1


def nameless_signer() -> keys.FileSigner:
    """A signer whose certificate names no country, as some do."""
    key, now = keys.new_private_key(), timezone.now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "DSC")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 5, now - timedelta(days=1), now + timedelta(days=9)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return keys.FileSigner(certificate=certificate, private_key=key)


def test_greece_and_britain_are_known_by_both_of_their_codes():
    import_signers(text=as_json(item(foreign_signer("GR"), country="EL")))
    signer = foreign_signer("GB")
    import_signers(text=pem(signer), country="UK")
    assert set(ForeignSigner.objects.values_list("country", flat=True)) == {"GR", "GB"}
    assert judged(foreign_hcert(signer, issuer="GB")) == "ok"


def test_replacing_forgets_what_the_list_does_not_name_but_never_everything():
    old, new, french = foreign_signer(), foreign_signer(), foreign_signer("FR")
    import_signers(text=pem(old, french))
    outcome = import_signers(text=pem(new), country="DE", replace=True)
    assert (outcome.added, outcome.removed) == (1, 1)
    assert set(ForeignSigner.objects.values_list("kid", flat=True)) == {
        new.kid.hex(),
        french.kid.hex(),
    }
    with pytest.raises(TrustListError, match="nothing was replaced"):
        import_signers(text="[]", replace=True)
    assert ForeignSigner.objects.count() == 2
    assert import_signers(text=pem(new), replace=True).removed == 1


@pytest.mark.parametrize("text", ["", "{", "5", "null", '{"a": 1}', "-----BEGIN", "[" * 100_000])
def test_what_is_no_list_is_refused_as_a_whole(text):
    with pytest.raises(TrustListError):
        import_signers(text=text)


def test_the_command_prints_counts_and_reasons(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(as_json(item(foreign_signer()), {"country": "DE"}))
    out, err = run(str(path))
    assert out.startswith("1 added, 0 changed, 0 known before, 0 removed, 1 refused")
    assert err == "entry 2 refused: without a certificate (rawData or x5c)\n"
    for arguments in ([str(path), "--country", "VN"], [str(path), "--country", "Germany"]):
        with pytest.raises(CommandError, match="two letters"):
            run(*arguments)
    with pytest.raises(CommandError):
        run(str(tmp_path / "nothing.json"))


def test_signers_with_odd_extensions_are_survived():
    """Every signing certificate of the published vectors: read, or refused with a reason."""
    folder = third_party_data()
    if folder is None:
        pytest.skip("third-party certificate vectors are neither in ../shared nor under VAX_SHARED")
    raw = []
    for path in sorted(folder.rglob("*.json")):
        data = json.loads(path.read_bytes()) if path.stat().st_size < 1_000_000 else None
        context = data.get("TESTCTX", {}) if isinstance(data, dict) else {}
        if isinstance(context.get("CERTIFICATE"), str):
            raw.append({"rawData": context["CERTIFICATE"], "country": "AT"})
    outcome = import_signers(text=json.dumps(raw))
    assert len(raw) > 100
    assert outcome.added + outcome.known + outcome.changed >= 20
    assert all(why for _place, why in outcome.refused)


# ------------------------------------------------------------------ judging


def test_a_certificate_of_a_believed_country_is_valid_and_an_unknown_one_is_not():
    signer = foreign_signer()
    text = foreign_hcert(signer)
    assert judged(text) == "unknown_key"
    import_signers(text=pem(signer))
    result = check_certificate(text=text, at=timezone.now())
    assert result.is_valid
    assert result.certificate["issuer"] == "DE"
    assert judged(text[:-8] + "AAAAAAAA") != "ok"


def test_a_foreign_key_does_not_vouch_for_viet_nam_nor_for_a_third_country():
    signer = foreign_signer()
    import_signers(text=pem(signer))
    for issuer in ("VN", "vn", "FR", "", "Germany"):
        result = check_certificate(text=foreign_hcert(signer, issuer=issuer), at=timezone.now())
        assert (result.reason, result.certificate) == ("key_usage", None)


def test_a_foreign_key_does_not_vouch_for_an_identifier_of_ours():
    """Our revocations go by identifier: a foreign copy of one would slip past them."""
    signer = foreign_signer()
    import_signers(text=pem(signer))
    for ci in (uvci.new_uvci(), uvci.new_uvci().lower()):
        assert judged(foreign_hcert(signer, ci=ci)) == "key_usage"


def test_our_key_does_not_vouch_for_another_country(certificate):
    _key, signer = load_signer(now=timezone.now())
    text = sign(signer, make_payload(), issuer="DE")
    assert judged(text) == "key_usage"
    assert judged(sign(signer, make_payload(), issuer="VN")) == "ok"


def test_with_several_signers_of_one_identifier_each_is_tried(monkeypatch):
    """Eight bytes are few: two certificates can share them, of one country or of two."""
    right, wrong, other = foreign_signer(), foreign_signer(), foreign_signer("FR")
    import_signers(text=pem(wrong, other, right))
    ForeignSigner.objects.update(kid=right.kid.hex())
    monkeypatch.setattr(keys, "kid", lambda _der: right.kid)
    foreign._trusted.cache_clear()
    assert judged(foreign_hcert(right)) == "ok"
    forged = foreign_hcert(foreign_signer_with_kid(right.kid))
    assert judged(forged) == "signature"
    foreign._trusted.cache_clear()


def foreign_signer_with_kid(kid: bytes) -> keys.FileSigner:
    signer = foreign_signer()
    object.__setattr__(signer, "kid", kid)
    return signer


def test_our_own_key_comes_first_where_a_foreign_one_has_its_identifier(certificate):
    signer = foreign_signer()
    import_signers(text=pem(signer))
    ForeignSigner.objects.update(kid=certificate.key.kid)
    assert judged(certificate.hcert) == "ok"


def test_a_foreign_signer_for_tests_does_not_sign_vaccinations():
    signer = foreign_signer(kinds=("t",))
    import_signers(text=pem(signer))
    assert judged(foreign_hcert(signer)) == "key_usage"


def test_our_revocations_do_not_touch_a_foreign_certificate(certificate):
    signer = foreign_signer()
    import_signers(text=pem(signer))
    text = foreign_hcert(signer)
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert judged(text) == "ok"


def test_an_expired_foreign_certificate_is_expired():
    signer = foreign_signer()
    import_signers(text=pem(signer))
    assert judged(foreign_hcert(signer, expires_in=-timedelta(minutes=10))) == "expired"


def test_the_api_and_the_command_judge_foreign_certificates_too(client, monkeypatch):
    signer = foreign_signer()
    import_signers(text=pem(signer))
    text = foreign_hcert(signer)
    body = json.dumps({"hcert": text})
    answer = client.post("/api/v1/certificates/verify/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    out = io.StringIO()
    call_command("verify_certificate", stdout=out)
    assert out.getvalue() == "valid (ok)\n"
