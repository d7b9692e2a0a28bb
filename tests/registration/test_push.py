"""Web push: read by the browser alone, says nothing, withdrawn when the browser has left."""

import datetime
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.urls import reverse

from registration import push_wire
from registration.models import HouseholdMember, PushSubscription
from registration.services import push
from registration.services.push import (
    SubscriptionNotUsable,
    deliver_news,
    subscribe,
    tell_of_news,
    unsubscribe,
)
from tests.factories import make_account, make_citizen
from vaxplatform.runner import environment

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
MINUTE = datetime.timedelta(minutes=1)
# RFC 8291, appendix A.
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)


@pytest.fixture(autouse=True)
def push_key(settings):
    settings.PUSH_KEY = OURS
    settings.PUSH_CONTACT = "mailto:operations@vaccination.example.vn"


@pytest.fixture
def posted(monkeypatch):
    """What went to push services; `answer` raises what they answer."""

    class Posted(list):
        answer = None

    sent = Posted()

    def post(endpoint, *, body, now, timeout):
        sent.append((endpoint, body))
        if sent.answer is not None:
            raise sent.answer

    monkeypatch.setattr(push_wire, "post", post)
    return sent


def browser(account, now, endpoint=ENDPOINT, **over):
    given = {"public_key": THEIRS, "auth_secret": AUTH, "language": "vi"} | over
    return subscribe(account=account, endpoint=endpoint, now=now, **given)


def test_a_message_is_the_one_of_the_standard_s_example():
    own = ec.derive_private_key(int.from_bytes(push_wire.decode(OURS)), ec.SECP256R1())
    body = push_wire.encrypt(
        b"When I grow up, I want to be a watermelon",
        public_key=push_wire.decode(THEIRS),
        auth_secret=push_wire.decode(AUTH),
        salt=push_wire.decode(SALT),
        own_key=own,
    )
    assert push_wire.encode(body) == BODY


def test_no_two_messages_are_alike():
    keys = {"public_key": push_wire.decode(THEIRS), "auth_secret": push_wire.decode(AUTH)}
    assert push_wire.encrypt(b"a", **keys) != push_wire.encrypt(b"a", **keys)


def test_the_header_says_to_whom_it_speaks_and_is_signed_by_our_key(now):
    token, key = push_wire.authorization(ENDPOINT, now=now).removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    told = json.loads(push_wire.decode(claims))
    assert told["aud"] == "https://fcm.googleapis.com"
    assert 0 < told["exp"] - now.timestamp() <= 24 * 3600
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), push_wire.decode(key))
    raw = push_wire.decode(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(pair, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_key_of_the_first_start_is_one(settings):
    settings.PUSH_KEY = environment.SECRETS["PUSH_KEY"]()
    assert push_wire.is_point(push_wire.decode(push_wire.application_key()))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/a",
        "https://127.0.0.1/a",
        "https://fcm.googleapis.com.example.com/a",
        "https://fcm.googleapis.com@example.com/a",
        "https://evilfcm.googleapis.com.vn/",
        "https://fcm.googleapis.com:8080/a",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_host_but_a_push_service_is_called(endpoint):
    assert not push_wire.is_push_service(endpoint)


def test_the_push_services_of_browsers_are_called():
    for host in ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"):
        assert push_wire.is_push_service(f"https://{host}/x")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "https://example.com/"},
        {"endpoint": ENDPOINT + "x" * 500},
        {"public_key": "AAAA"},
        {"public_key": "not base64!"},
        {"auth_secret": "AAAA"},
    ],
)
def test_what_no_browser_gives_is_refused(now, wrong):
    with pytest.raises(SubscriptionNotUsable):
        browser(make_account(), now, **wrong)
    assert not PushSubscription.objects.exists()


@pytest.mark.django_db
def test_a_browser_belongs_to_who_signed_in_last_and_an_account_has_five(now):
    first, second = make_account(), make_account()
    browser(first, now)
    browser(second, now)
    assert PushSubscription.objects.get().account == second
    for n in range(6):
        browser(second, now + (n + 1) * MINUTE, endpoint=f"{ENDPOINT}{n}")
    assert second.push_subscriptions.count() == push.DEVICES_OF_AN_ACCOUNT
    assert not second.push_subscriptions.filter(endpoint=ENDPOINT).exists()


@pytest.fixture
def household(db):
    account, citizen = make_account(), make_citizen()
    HouseholdMember.objects.get_or_create(account=account, citizen=citizen)
    return account, citizen


def test_any_number_of_news_makes_one_notice_that_names_nobody(now, household, posted):
    account, citizen = household
    browser(account, now)
    stranger = make_account()
    browser(stranger, now, endpoint=f"{ENDPOINT}2")
    assert tell_of_news(citizens=[citizen.pk], now=now) == 1
    assert tell_of_news(phone=account.phone, now=now) == 1
    assert deliver_news(now) == 1
    assert deliver_news(now) == 0
    assert [endpoint for endpoint, _body in posted] == [ENDPOINT]
    words = json.loads(push.notice("vi"))
    assert words["body"] == "Có thông tin mới trong sổ sức khỏe của bạn."


def test_news_at_night_are_told_in_the_morning_and_the_next_only_after_ten_minutes(
    household, posted
):
    account, citizen = household
    night = datetime.datetime(2021, 11, 6, 15, 30, tzinfo=datetime.UTC)
    browser(account, night)
    tell_of_news(citizens=[citizen.pk], now=night)
    assert deliver_news(night) == 0
    six = datetime.datetime(2021, 11, 6, 23, 0, tzinfo=datetime.UTC)
    assert deliver_news(six) == 1
    tell_of_news(citizens=[citizen.pk], now=six + MINUTE)
    assert deliver_news(six + 9 * MINUTE) == 0
    assert deliver_news(six + 10 * MINUTE) == 1


def test_a_browser_that_withdrew_is_forgotten(now, household, posted):
    account, citizen = household
    browser(account, now)
    tell_of_news(citizens=[citizen.pk], now=now)
    posted.answer = push_wire.SubscriptionIsGone()
    assert deliver_news(now) == 0
    assert not PushSubscription.objects.exists()


def test_a_push_service_that_is_away_is_asked_again_with_growing_waits_and_then_left(
    now, household, posted
):
    account, citizen = household
    kept = browser(account, now)
    tell_of_news(citizens=[citizen.pk], now=now)
    posted.answer = push_wire.PushNotSent("HTTP 503")
    moment, waits = now, []
    for _n in range(push.MAX_ATTEMPTS):
        deliver_news(moment)
        kept.refresh_from_db()
        waits.append(kept.next_at - moment)
        moment = kept.next_at
    assert waits == sorted(set(waits))
    assert kept.news_at is None


def test_without_a_key_there_are_no_notices_and_no_page(now, household, posted, settings, client):
    account, citizen = household
    browser(account, now)
    settings.PUSH_KEY = ""
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    assert tell_of_news(citizens=[citizen.pk], now=now) == 0
    assert client.get(reverse("registration:news")).status_code == 404
    assert reverse("registration:news") not in client.get("/account/").content.decode()


def test_the_page_takes_a_browser_in_and_lets_all_go(household, client):
    account, _citizen = household
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("registration:news")
    assert address in client.get("/account/").content.decode()
    given = {"endpoint": ENDPOINT, "public_key": THEIRS, "auth_secret": AUTH}
    client.post(reverse("registration:news_on"), given)
    page = client.get(address)
    assert page["Cache-Control"] == "private, no-store"
    assert "1 trình duyệt" in page.content.decode()
    assert ENDPOINT not in page.content.decode()
    client.post(reverse("registration:news_off"))
    assert not PushSubscription.objects.exists()
    refused = client.post(reverse("registration:news_on"), {"endpoint": "x"}, follow=True)
    assert "Trình duyệt này không" in refused.content.decode()


def test_a_stranger_is_asked_for_the_phone_first(client, db):
    for name in ("news", "news_on", "news_off"):
        address = reverse(f"registration:{name}")
        response = client.get(address) if name == "news" else client.post(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/?next=")


def test_nobody_withdraws_the_browser_of_somebody_else(now, household):
    account, _citizen = household
    browser(account, now)
    assert unsubscribe(account=make_account(), endpoint=ENDPOINT) == 0
    assert unsubscribe(account=account, endpoint=ENDPOINT) == 1


def test_the_worker_stands_under_its_scope(client):
    response = client.get("/account/push-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in b"".join(response.streaming_content)
