"""What a phone keeps of certificates: asked for by the household, kept nowhere else."""

import io
import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw

from certificates.services.revocation import revoke_certificate
from certificates.wallet import code_drawing
from registration.models import Citizen
from sites.models import Role
from tests.certificates.conftest import issued
from tests.codes import qr_codes
from tests.factories import make_account, make_citizen, make_dose, make_staff

WALLET = reverse("certificates:wallet")
HOUSEHOLD = reverse("certificates:wallet-household")
NAME = "Nguyễn Thị Ánh Tuyết"


def copy_of(certificate) -> str:
    return reverse("certificates:wallet-copy", args=[certificate.public_id])


def signed_in(account) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def household(certificate) -> Client:
    return signed_in(make_account(members=(certificate.dose.citizen,)))


def drawn(code: dict) -> Image.Image:
    """The drawing as a screen would show it, from the path that the phone gets."""
    pixels = 6
    image = Image.new("L", (code["side"] * pixels,) * 2, 255)
    draw = ImageDraw.Draw(image)
    for run in code["path"].split("z")[:-1]:
        place, length = run.removeprefix("M").split("v")[0].split("h")
        x, y = map(int, place.split())
        draw.rectangle(
            (x * pixels, y * pixels, (x + int(length)) * pixels - 1, (y + 1) * pixels - 1), fill=0
        )
    return image


def test_the_page_is_the_same_for_everybody_and_holds_nobody(certificate):
    stranger, member = Client().get(WALLET), household(certificate).get(WALLET)
    assert stranger.content == member.content
    assert NAME not in member.content.decode()
    assert "no-store" not in member.headers["Cache-Control"]
    assert not member.cookies


def test_the_household_gets_a_copy_with_no_more_than_the_card_shows(certificate):
    response = household(certificate).get(copy_of(certificate))
    answer = response.json()
    assert "no-store" in response.headers["Cache-Control"]
    assert (answer["id"], answer["status"]) == (str(certificate.public_id), "live")
    copy = answer["copy"]
    assert copy["name"] == NAME
    assert [field["label"]["en"] for field in copy["fields"]] == [
        "Date of birth",
        "Doses received",
        "Date of vaccination",
        "Product",
    ]
    assert copy["fields"][0]["value"] == {
        "vi": "12/03/1987",
        "en": "12\N{NO-BREAK SPACE}March\N{NO-BREAK SPACE}1987",
    }
    (code,) = qr_codes(drawn(copy["code"]))
    assert code.text == certificate.hcert
    assert str(certificate.dose.citizen.public_id) not in response.content.decode()
    assert certificate.dose.citizen.phone not in response.content.decode()


def test_strangers_other_households_and_staff_get_no_copy(certificate):
    assert Client().get(copy_of(certificate)).status_code == 401
    assert Client().get(HOUSEHOLD).status_code == 401
    stranger = signed_in(make_account(members=(make_citizen(),)))
    assert stranger.get(copy_of(certificate)).status_code == 404
    assert stranger.get(HOUSEHOLD).json() == {"certificates": []}
    staff = signed_in(make_staff(role=Role.SITE_MANAGER, site=certificate.dose.site))
    assert staff.get(copy_of(certificate)).status_code == 401


def test_a_replaced_certificate_names_the_one_that_took_its_place(certificate):
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    newer = issued(certificate.dose)
    answer = household(certificate).get(copy_of(certificate)).json()
    assert answer["status"] == "superseded"
    assert answer["newer"] == str(newer.public_id)
    assert answer["copy"] is None
    assert answer["ended_at"]


def test_a_revoked_certificate_says_when_and_gives_no_code(certificate):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    response = household(certificate).get(copy_of(certificate))
    answer = response.json()
    assert answer["status"] == "revoked"
    assert (answer["newer"], answer["copy"]) == (None, None)
    assert answer["ended_at"]
    assert "Cấp nhầm người" not in response.content.decode()


def test_the_household_may_choose_among_its_live_certificates(certificate):
    ended = issued(make_dose())
    revoke_certificate(uvci=ended.uvci, reason="Cấp nhầm người")
    account = make_account(members=(certificate.dose.citizen, ended.dose.citizen))
    response = signed_in(account).get(HOUSEHOLD)
    (only,) = response.json()["certificates"]
    assert only["id"] == str(certificate.public_id)
    assert "no-store" in response.headers["Cache-Control"]


def test_the_drawing_is_the_code_with_its_quiet_zone():
    code = code_drawing("HC1:TEST")
    assert code["side"] == 21 + 2 * 4
    assert code["path"].startswith("M4 4h7")


def test_the_worker_keeps_the_page_and_no_address_that_answers_with_data(db, client):
    script = client.get(reverse("certificates:wallet-worker")).content.decode()
    config = script.split("const KEPT = ")[1].split(";\n")[0]
    kept = json.loads(config)
    assert kept["scope"] == WALLET
    assert kept["pages"] == [WALLET]
    assert kept["data"] == []
    for address in kept["assets"]:
        assert finders.find(address.removeprefix("/static/"))


@pytest.mark.parametrize(("language", "name"), [("vi", "Chứng nhận"), ("en", "Certificates")])
def test_a_phone_can_put_the_page_on_its_home_screen(language, name, db, client):
    client.cookies["django_language"] = language
    response = client.get(reverse("certificates:wallet-manifest"))
    manifest = response.json()
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert manifest["start_url"] == manifest["scope"] == WALLET
    assert manifest["name"].startswith(name)
    assert manifest["lang"] == language
    for icon in manifest["icons"]:
        file = Image.open(finders.find(icon["src"].removeprefix("/static/")))
        assert "x".join(map(str, file.size)) == icon["sizes"]


@pytest.mark.parametrize(
    ("name", "kind"), [("pdf", b"%PDF-"), ("png", b"\x89PNG\r\n"), ("svg", b"<svg")]
)
def test_each_download_has_a_name_that_says_what_it_is_and_not_whose(name, kind, certificate):
    browser = household(certificate)
    for language, words in (("vi", "covid-19-mui-1"), ("en", "covid-19-")):
        browser.cookies["django_language"] = language
        address = reverse(f"certificates:{name}", args=[certificate.public_id])
        response = browser.get(address)
        file_name = response.headers["Content-Disposition"]
        assert response.content.startswith(kind)
        assert words in file_name
        assert file_name.endswith(f'.{name}"')
        assert file_name.isascii()
        assert "tuyet" not in file_name.lower()
        assert str(certificate.public_id) not in file_name


def test_the_png_is_the_code(certificate):
    address = reverse("certificates:png", args=[certificate.public_id])
    browser = household(certificate)
    response = browser.get(address)
    assert "no-store" in response.headers["Cache-Control"]
    (code,) = qr_codes(Image.open(io.BytesIO(response.content)))
    assert code.text == certificate.hcert
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    assert browser.get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_only_the_household_is_offered_to_keep_and_to_share(certificate):
    address = reverse("certificates:certificate", args=[certificate.public_id])
    share = reverse("certificates:share", args=[certificate.public_id])
    own = household(certificate).get(address).content.decode()
    staff = signed_in(make_staff(role=Role.SITE_MANAGER, site=certificate.dose.site))
    theirs = staff.get(address).content.decode()
    for offered in (share, copy_of(certificate)):
        assert offered in own
        assert offered not in theirs
    for name in ("pdf", "png", "svg"):
        download = reverse(f"certificates:{name}", args=[certificate.public_id])
        assert download in own
        assert download in theirs
