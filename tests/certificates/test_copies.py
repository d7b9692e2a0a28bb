"""SMART Health Cards of certificates on record: asked for, signed by workers, called back."""

import datetime
import io
import json
import threading
import zlib

import base45
import cbor2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from jwcrypto.jwk import JWKSet
from jwcrypto.jws import JWS

from certificates.checks import public_address
from certificates.exceptions import CertificateNotLive, KeysNotHere
from certificates.models import (
    Certificate,
    CertificateCopy,
    CopyFormat,
    IssuanceJob,
    PublishedFile,
)
from certificates.services import card_keys, copies, publishing
from certificates.services.compromise import compromise_key
from certificates.services.copies import (
    ASKED_AN_HOUR,
    CopyState,
    TooManyCopies,
    VaccineWithoutCode,
    ask_for_copy,
    find_copy,
    sign_copies,
    state_of,
)
from certificates.services.keys import rotate_signing_key
from certificates.services.revocation import revoke_certificate
from certificates.services.verification import check_certificate
from certificates.shc import verify as shc_verify
from certificates.shc.card import rid_of
from certificates.shc.content import describe
from certificates.shc.keys import read_key_set
from certificates.shc.verify import read_card, read_jws
from registration.models import Account
from sites.models import Dose
from sites.services.doses import void_dose
from tests.certificates.conftest import issued
from tests.factories import (
    make_account,
    make_citizen,
    make_details,
    make_dose,
    make_lot,
    make_site,
)
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
URL = "https://tiem.example.vn"
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = URL


@pytest.fixture
def account(certificate) -> Account:
    return make_account(members=(certificate.dose.citizen,))


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


CARD, DDCC = CopyFormat.SMART_HEALTH_CARD, CopyFormat.DDCC


def ask(certificate: Certificate, account: Account, format=CARD) -> CertificateCopy:
    return ask_for_copy(certificate=certificate, format=format, account=account, now=timezone.now())


def copy_of(certificate: Certificate, format=CARD) -> CertificateCopy:
    copy = find_copy(certificate, format)
    assert copy is not None
    return copy


def made(certificate: Certificate, account: Account, format=CARD) -> CertificateCopy:
    """The signed copy."""
    ask(certificate, account, format)
    sign_copies(timezone.now())
    return copy_of(certificate, format)


def said(copy: CertificateCopy) -> copies.Said:
    says = copies.what_it_says(copy, timezone.now() + datetime.timedelta(seconds=5))
    assert says is not None
    return says


def second_dose(first: Dose, **over) -> Dose:
    """The next dose of the same person at the same site."""
    return make_dose(
        lot=first.lot,
        citizen=first.citizen,
        dose_number=2,
        administered_at=first.administered_at + 60 * DAY,
        **over,
    )


@pytest.fixture
def two_doses(signing_keys) -> tuple[Certificate, Certificate]:
    lot = make_lot(site=make_site())
    first = make_dose(lot=lot, citizen=make_citizen(), administered_at=timezone.now() - 90 * DAY)
    second = second_dose(first)
    return issued(first), issued(second)


def page(name: str, certificate: Certificate) -> str:
    return reverse(f"certificates:{name}", args=[certificate.public_id])


def published(client: Client) -> dict:
    return client.get("/.well-known/jwks.json").json()


def called_back(client: Client) -> list[str]:
    card_keys.publish_called_back(timezone.now())
    kid = published(client)["keys"][-1]["kid"]
    return client.get(f"/.well-known/crl/{kid}.json").json()["rids"]


def judge(text: str, client: Client) -> str:
    """The verdict of a reader who knows our address only."""
    keys = read_key_set(published(client))
    rids = dict(entry.split(".") for entry in called_back(client))

    def is_revoked(card) -> bool:
        return card.not_before < int(rids.get(card.rid, 0))

    at = timezone.now() + datetime.timedelta(seconds=5)
    return shc_verify.verify(text, {URL: keys}, at, is_revoked).reason.value


# ------------------------------------------------------------------ asking and signing
def test_a_worker_signs_what_was_asked_for_from_the_dose_on_record(certificate, account, client):
    assert state_of(ask(certificate, account)) == CopyState.MAKING
    assert sign_copies(timezone.now()) == 1
    copy = copy_of(certificate)
    assert state_of(copy) == CopyState.READY
    dose = certificate.dose
    day = day_in_vietnam(dose.administered_at).isoformat()
    assert said(copy) == copies.Said(
        dose.citizen.full_name, dose.citizen.date_of_birth, ((day, "Vaxzevria"),)
    )
    (shown,) = describe(read_card(copy.text).vc["credentialSubject"], read_card(copy.text)).doses
    assert (shown.code, shown.lot, shown.performer) == ("210", dose.lot.number, dose.site.name)
    assert copy.text.startswith("shc:/")
    assert judge(copy.text, client) == "ok"


def test_another_jose_library_verifies_it_with_the_published_key_set(certificate, account, client):
    copy = made(certificate, account)
    keys = JWKSet.from_json(client.get("/.well-known/jwks.json").content.decode())
    token = JWS()
    token.deserialize(read_jws(copy.text))
    kid = json.loads(token.objects["protected"])["kid"]
    token.verify(keys.get_key(kid), alg="ES256")
    assert token.is_valid


def test_asking_twice_is_asking_once(certificate, account):
    assert ask(certificate, account) == ask(certificate, account)
    signed = made(certificate, account)
    assert ask(certificate, account).text == signed.text
    assert sign_copies(timezone.now()) == 0


def test_a_card_holds_the_certified_doses_up_to_its_own(two_doses):
    first, second = two_doses
    account = make_account(members=(first.dose.citizen,))
    doses = {}
    for certificate in two_doses:
        copy = made(certificate, account)
        doses[certificate.pk] = len(said(copy).doses)
    assert doses == {first.pk: 1, second.pk: 2}


def test_a_certificate_that_has_ended_has_no_card(certificate, account):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    with pytest.raises(CertificateNotLive):
        ask(certificate, account)
    assert not CertificateCopy.objects.exists()


def test_what_was_asked_for_a_certificate_that_ended_is_forgotten_unsigned(certificate, account):
    ask(certificate, account)
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert sign_copies(timezone.now()) == 0
    assert not CertificateCopy.objects.exists()


def test_a_vaccine_without_a_code_is_refused_before_anybody_works(certificate, account):
    certificate.dose.vaccine.code = "Unknown"
    with pytest.raises(VaccineWithoutCode):
        ask(certificate, account)


def test_what_cannot_be_written_is_said_on_the_copy_and_stops_no_other(
    certificate, account, monkeypatch
):
    other = issued(make_dose(citizen=make_details(full_name="Lò Thị Khác")))
    ask(certificate, account)
    ask(other, account)
    monkeypatch.setattr(copies, "split_vietnamese_name", names := Names(certificate))
    assert sign_copies(timezone.now()) == 2
    assert copy_of(certificate).last_error == "name"
    assert state_of(copy_of(other)) == CopyState.READY
    names.broken = ""
    assert state_of(made(certificate, account)) == CopyState.READY


class Names:
    """Splits names, but finds nothing in that of one person."""

    def __init__(self, certificate: Certificate) -> None:
        self.broken = certificate.dose.citizen.full_name

    def __call__(self, full_name: str) -> tuple[str, str]:
        return ("", "") if full_name == self.broken else ("Nguyễn", "Văn An")


def test_an_account_asks_for_so_many_an_hour(certificate, account):
    others = [issued(make_dose()) for _ in range(ASKED_AN_HOUR)]
    for other in others:
        ask(other, account)
    with pytest.raises(TooManyCopies):
        ask(certificate, account)
    CertificateCopy.objects.update(asked_at=timezone.now() - datetime.timedelta(hours=1))
    ask(certificate, account)


def test_the_web_cannot_sign(certificate, account, settings):
    ask(certificate, account)
    settings.SIGNING_KEYS_DIR = settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(KeysNotHere):
        sign_copies(timezone.now())
    assert state_of(copy_of(certificate)) == CopyState.MAKING


@pytest.mark.django_db(transaction=True)
def test_two_workers_sign_each_copy_once(signing_keys):
    certificates = [issued(make_dose()) for _ in range(6)]
    account = make_account()
    for certificate in certificates:
        ask(certificate, account)
    done: list[int] = []

    def work() -> None:
        done.append(sign_copies(timezone.now()))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 6
    assert all(state_of(copy_of(certificate)) == CopyState.READY for certificate in certificates)


# ------------------------------------------------------------------ changes
def test_a_corrected_name_ends_the_card_and_calls_it_back(certificate, account, client):
    copy = made(certificate, account)
    person = certificate.dose.citizen
    person.full_name = "Nguyễn Thị Đúng Tên"
    person.save()
    IssuanceJob.objects.update(due_at=timezone.now() - DAY, next_at=timezone.now() - DAY)
    newer = issued(certificate.dose)
    assert newer != certificate
    assert judge(copy.text, client) == "revoked"
    again = made(newer, account)
    assert judge(again.text, client) == "ok"


def test_a_renewed_certificate_leaves_its_card_true(certificate, account, client):
    copy = made(certificate, account)
    Certificate.objects.filter(pk=certificate.pk).update(
        status="superseded", ended_at=timezone.now(), end_reason="renewed"
    )
    assert called_back(client) == []
    assert judge(copy.text, client) == "ok"


def test_a_voided_earlier_dose_makes_a_card_stale_and_the_next_one_good(two_doses, client):
    first, second = two_doses
    account = make_account(members=(first.dose.citizen,))
    old = made(second, account)
    assert state_of(old) == CopyState.READY
    void_dose(dose=first.dose, reason="Nhập trùng")
    assert judge(old.text, client) == "revoked"
    assert state_of(copy_of(second)) == CopyState.STALE
    new = made(second, account)
    assert state_of(new) == CopyState.READY
    assert new.text != old.text
    assert judge(old.text, client) == "revoked"
    assert judge(new.text, client) == "ok"
    assert len(said(new).doses) == 1


def test_an_earlier_dose_that_is_certified_later_makes_a_card_incomplete_not_void(
    signing_keys, client
):
    lot = make_lot(site=make_site())
    citizen = make_citizen()
    second = make_dose(
        lot=lot, citizen=citizen, dose_number=2, administered_at=timezone.now() - 10 * DAY
    )
    account = make_account(members=(citizen,))
    certificate = issued(second)
    old = made(certificate, account)
    first = make_dose(lot=lot, citizen=citizen, administered_at=timezone.now() - 70 * DAY)
    issued(first)
    assert state_of(copy_of(certificate)) == CopyState.STALE
    assert judge(old.text, client) == "ok"
    new = made(certificate, account)
    assert len(said(new).doses) == 2
    assert called_back(client) == []


def test_a_card_of_a_compromised_key_is_shown_no_more_and_its_key_leaves(
    certificate, account, client
):
    copy = made(certificate, account)
    compromise_key(kid=copy.key.kid, reason="Lộ khóa", now=timezone.now())
    assert state_of(copy_of(certificate)) == CopyState.STALE
    assert read_card(copy.text).kid not in {key["kid"] for key in published(client)["keys"]}
    assert judge(copy.text, client) == "unknown_key"


def test_a_card_of_a_retired_key_stays_good(certificate, account, client):
    copy = made(certificate, account)
    rotate_signing_key(now=timezone.now())
    assert state_of(copy_of(certificate)) == CopyState.READY
    assert len(published(client)["keys"]) == 2
    assert judge(copy.text, client) == "ok"


# ------------------------------------------------------------------ what is published
def test_the_key_set_is_for_everybody_and_kept_by_caches(certificate, client):
    answer = client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=300"
    again = client.get("/.well-known/jwks.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert again["Access-Control-Allow-Origin"] == "*"
    (key,) = answer.json()["keys"]
    assert "d" not in key
    assert len(key["x5c"]) == 2


def test_the_list_of_void_cards_grows_by_a_version_with_each_change(certificate, account, client):
    copy = made(certificate, account)
    assert card_keys.publish_called_back(timezone.now()) == 1
    assert card_keys.publish_called_back(timezone.now()) == 0
    (key,) = published(client)["keys"]
    assert key["crlVersion"] == 1
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert card_keys.publish_called_back(timezone.now()) == 1
    (key,) = published(client)["keys"]
    assert key["crlVersion"] == 2
    answer = client.get(f"/.well-known/crl/{key['kid']}.json").json()
    assert answer == {
        "kid": key["kid"],
        "method": "rid",
        "ctr": 2,
        "rids": [f"{rid_of(certificate.uvci)}.{int(copy.signed_at.timestamp()) + 1}"],
    }
    assert judge(copy.text, client) == "revoked"
    assert client.get("/.well-known/crl/unknown.json").status_code == 404


def test_a_certificate_without_a_card_is_not_on_the_list(certificate, client):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert called_back(client) == []
    assert PublishedFile.objects.filter(name=card_keys.CALLED_BACK).exists()


# ------------------------------------------------------------------ pages
def test_the_household_asks_waits_and_gets_code_and_files(certificate, account):
    client = signed_in(account)
    card = page("smart-health-card", certificate)
    assert page("ask-smart-health-card", certificate) in client.get(card).content.decode()
    answer = client.post(page("ask-smart-health-card", certificate))
    assert answer.status_code == 302
    assert answer["Location"] == card
    waiting = client.get(card)
    assert 'data-refresh-seconds="4"' in waiting.content.decode()
    assert waiting["Cache-Control"] == "private, no-store"
    assert client.get(page("smart-health-card-file", certificate)).status_code == 404
    sign_copies(timezone.now())
    ready = client.get(card).content.decode()
    assert "data-refresh-seconds" not in ready
    assert certificate.dose.citizen.full_name in ready
    file = client.get(page("smart-health-card-file", certificate))
    assert file["Content-Type"] == "application/smart-health-card"
    assert file["Content-Disposition"].endswith('.smart-health-card"')
    (jws,) = json.loads(file.content)["verifiableCredential"]
    assert judge(jws, Client()) == "ok"
    svg = client.get(page("smart-health-card-svg", certificate))
    assert svg["Content-Type"] == "image/svg+xml"


def test_strangers_get_nothing_of_a_card(certificate, account):
    made(certificate, account)
    stranger = signed_in(make_account())
    for name in ("smart-health-card", "smart-health-card-file", "smart-health-card-svg"):
        assert stranger.get(page(name, certificate)).status_code == 404
        assert Client().get(page(name, certificate)).status_code in (302, 404)
    assert stranger.post(page("ask-smart-health-card", certificate)).status_code == 404


def test_the_page_of_an_ended_certificate_offers_no_card(certificate, account):
    made(certificate, account)
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    client = signed_in(account)
    answer = client.get(page("smart-health-card", certificate)).content.decode()
    assert "cert__qr" not in answer
    assert page("ask-smart-health-card", certificate) not in answer
    assert client.get(page("smart-health-card-file", certificate)).status_code == 404
    assert client.post(page("ask-smart-health-card", certificate)).status_code == 302


def test_a_refusal_is_said_on_the_page(certificate, account, monkeypatch):
    monkeypatch.setattr(copies, "ASKED_AN_HOUR", 0)
    client = signed_in(account)
    client.post("/language/", {"language": "en", "next": "/"})
    answer = client.post(page("ask-smart-health-card", certificate))
    assert answer.status_code == 200
    assert "copies an hour" in answer.content.decode()
    assert not CertificateCopy.objects.exists()


def test_the_certificate_page_leads_to_the_card(certificate, account):
    answer = signed_in(account).get(page("certificate", certificate)).content.decode()
    assert page("ask-smart-health-card", certificate) in answer


# ------------------------------------------------------------------ WHO's core data set
def test_the_code_of_who_says_what_the_certificate_says(certificate, account):
    copy = made(certificate, account, DDCC)
    assert state_of(copy) == CopyState.READY
    ours = check_certificate(text=certificate.hcert, at=timezone.now()).certificate
    who = check_certificate(text=copy.text, at=timezone.now()).certificate
    differing = {field for field in ours if who[field] != ours[field]}
    name_in_one_piece = {"family_name", "given_name", "standardised_name"}
    assert differing <= name_in_one_piece | {"issued_at"}
    assert list(read_hcert(copy.text)) == [3]
    dose = certificate.dose
    shown = read_hcert(copy.text)[3]["vaccination"]
    assert (shown["lot"], shown["centre"]) == (dose.lot.number, dose.site.name)


def read_hcert(text: str) -> dict:
    """The health claim, by another CBOR library than the reader's own."""
    message = cbor2.loads(zlib.decompress(base45.b45decode(text.removeprefix("HC1:"))))
    return cbor2.loads(message.value[2])[-260]


def test_the_code_of_who_falls_with_its_certificate(certificate, account):
    copy = made(certificate, account, DDCC)
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    publishing.batch_ended()
    assert check_certificate(text=copy.text, at=timezone.now()).reason == "revoked"
    assert state_of(copy_of(certificate, DDCC)) == CopyState.STALE


def test_the_code_of_who_holds_its_own_dose_only(two_doses):
    first, second = two_doses
    account = make_account(members=(first.dose.citizen,))
    copy = made(second, account, DDCC)
    assert len(said(copy).doses) == 1
    void_dose(dose=first.dose, reason="Nhập trùng")
    assert state_of(copy_of(second, DDCC)) == CopyState.READY


def test_the_two_formats_are_asked_for_apart(certificate, account):
    made(certificate, account, DDCC)
    assert find_copy(certificate, CARD) is None
    client = signed_in(account)
    assert client.post(page("ask-smart-health-card", certificate)).status_code == 302
    sign_copies(timezone.now())
    for name in ("smart-health-card", "ddcc"):
        assert "cert__qr" in client.get(page(name, certificate)).content.decode()
        assert client.get(page(f"{name}-svg", certificate)).status_code == 200
    assert called_back(Client()) == []


# ------------------------------------------------------------------ the command
@pytest.fixture
def keys_file(client, certificate, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(published(client)))
    return str(path)


def test_the_command_judges_a_card_by_a_key_file(
    certificate, account, keys_file, monkeypatch, capsys
):
    copy = made(certificate, account)
    monkeypatch.setattr("sys.stdin", io.StringIO(copy.text + "\n"))
    call_command("verify_health_card", issuer=URL + "/", keys=keys_file)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["reason"]) == ("valid", "ok")
    assert answer["card"]["doses"][0]["vaccine"] == "Vaxzevria"


def test_the_command_says_no_by_its_exit_code(keys_file, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("shc:/1234"))
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_health_card", issuer=URL, keys=keys_file)
    assert json.loads(capsys.readouterr().out)["status"] == "invalid"
    with pytest.raises(CommandError, match="not a JSON Web Key Set"):
        call_command("verify_health_card", issuer=URL, keys="/dev/null")


@pytest.mark.parametrize(("address", "found"), [(URL, 0), ("http://localhost:8000", 1)])
def test_an_installation_is_warned_of_an_address_without_tls(settings, address, found):
    settings.PUBLIC_URL = address
    assert len(public_address()) == found
