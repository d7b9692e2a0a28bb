"""Help, statements, large type, the site as an app: the same for everybody, without a session."""

import json

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from vaxplatform import questions

pytestmark = pytest.mark.django_db
PAGES = ["/help/", "/help/privacy/", "/help/accessibility/", "/status/"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_help_sets_no_cookie_and_may_be_kept_by_caches(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"].startswith("public") or "public" in response["Cache-Control"]


def test_every_page_of_help_is_reached_from_the_footer(client):
    footer = client.get("/help/").content.decode().partition("<footer")[2]
    for address in PAGES:
        assert f'href="{address}"' in footer


def test_the_hotline_is_a_setting_and_can_be_left_out(client, settings):
    assert 'href="tel:19009095"' in client.get("/help/").content.decode()
    settings.HOTLINE = ""
    assert "tel:" not in client.get("/help/").content.decode()


def test_an_answer_says_the_minutes_of_the_settings(client, settings):
    settings.CERTIFICATE_DELAY_SECONDS = 40 * 60
    assert "từ 40 đến 60 phút" in client.get("/help/").content.decode()


def test_every_question_has_an_anchor_of_its_own_and_leads_to_a_page_that_is_there(client):
    asked = [each for topic in questions.TOPICS for each in topic.questions]
    keys = [each.key for each in asked] + [topic.key for topic in questions.TOPICS]
    assert len(set(keys)) == len(keys)
    for url in {each.url for each in asked if each.url}:
        assert client.get(url).status_code == 200


def test_large_type_is_chosen_without_script_and_comes_back_to_the_page(client):
    response = client.post("/text-size/", {"size": "large", "next": "/help/?a=1"})
    assert (response.status_code, response["Location"]) == (302, "/help/?a=1")
    page = client.get("/help/").content.decode()
    assert '<html lang="vi" class="large-type">' in page
    client.post("/text-size/", {"size": "normal", "next": "/"})
    assert "large-type" not in client.get("/help/").content.decode()


def test_a_kept_public_page_is_kept_once_for_each_size(client):
    cache.clear()
    assert "large-type" not in client.get("/").content.decode()
    client.post("/text-size/", {"size": "large", "next": "/"})
    assert "large-type" in client.get("/").content.decode()
    client.post("/text-size/", {"size": "normal", "next": "/"})
    assert "large-type" not in client.get("/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:a"])
def test_the_switch_leads_nowhere_else(client, elsewhere):
    response = client.post("/text-size/", {"size": "large", "next": elsewhere})
    assert response["Location"] == "/"


def test_a_size_nobody_knows_is_the_normal_one(client):
    client.post("/text-size/", {"size": '"><script>', "next": "/"})
    assert "large-type" not in client.get("/help/").content.decode()


def test_the_site_can_be_put_on_a_home_screen(client):
    response = client.get(reverse("manifest"))
    assert response["Content-Type"] == "application/manifest+json"
    described = json.loads(response.content)
    assert described["display"] == "standalone"
    assert {icon["sizes"] for icon in described["icons"]} == {"192x192", "512x512"}
    for page in (described["start_url"], *(each["url"] for each in described["shortcuts"])):
        assert client.get(page).status_code == 200
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert json.loads(client.get(reverse("manifest")).content)["short_name"] == "Health book"


@pytest.mark.parametrize("address", ["/", "/verify/", "/wallet/", "/account/"])
def test_a_page_names_one_manifest(client, address):
    assert client.get(address).content.decode().count('rel="manifest"') == 1
