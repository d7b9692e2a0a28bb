"""Telling browsers that there is something new in the health book, and never what.

News are told of by `tell_of_news` after the commit of what is new; a chore sends the notices. A
notice is a courtesy: nothing is promised that needs it, and a lost one costs nobody anything.
"""

import datetime
import json
import time
from collections.abc import Collection

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration import push_wire
from registration.models import ENDPOINT_LENGTH, Account, PushSubscription
from registration.services.sms import after_the_night, is_quiet
from vaxplatform.errors import DomainError

log = structlog.get_logger(__name__)

DEVICES_OF_AN_ACCOUNT = 5
MAX_ATTEMPTS = 5
FIRST_WAIT = datetime.timedelta(minutes=1)  # then four times as long after each attempt
AT_MOST_EVERY = datetime.timedelta(minutes=10)
BATCH = 20
ROUND_SECONDS = 3.0  # the worker's other chores wait meanwhile
TIMEOUT = 5.0  # seconds; below FIRST_WAIT, which is the lease


class SubscriptionNotUsable(DomainError):
    """The browser gave an address or keys that no push service of browsers gives."""

    code = "push_subscription_not_usable"
    message = _("This browser cannot be told of news. Your health book works all the same.")


@transaction.atomic
def subscribe(
    *,
    account: Account,
    endpoint: str,
    public_key: str,
    auth_secret: str,
    language: str,
    now: datetime.datetime,
) -> PushSubscription:
    """Tell this browser of news from now on. A browser belongs to who signed in last; of more than
    DEVICES_OF_AN_ACCOUNT the oldest are forgotten. Keys in base64url.

    Raises SubscriptionNotUsable; nothing is written then.
    """
    try:
        point, secret = push_wire.decode(public_key), push_wire.decode(auth_secret)
    except ValueError as error:
        raise SubscriptionNotUsable from error
    is_usable = (
        push_wire.is_on()
        and len(endpoint) <= ENDPOINT_LENGTH
        and push_wire.is_push_service(endpoint)
        and push_wire.is_point(point)
        and len(secret) == push_wire.AUTH_BYTES
    )
    if not is_usable:
        raise SubscriptionNotUsable
    kept, _made = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "account": account,
            "public_key": point,
            "auth_secret": secret,
            "language": language,
            "created_at": now,
            "news_at": None,
            "attempts": 0,
        },
    )
    newest = account.push_subscriptions.order_by("-created_at", "-pk").values("pk")
    account.push_subscriptions.exclude(pk__in=newest[:DEVICES_OF_AN_ACCOUNT]).delete()
    return kept


def unsubscribe(*, account: Account, endpoint: str | None = None) -> int:
    """Tell this browser (all of the account's when none is named) no more; returns how many."""
    of_account = account.push_subscriptions.all()
    meant = of_account if endpoint is None else of_account.filter(endpoint=endpoint)
    return meant.delete()[0]


@transaction.atomic
def tell_of_news(
    *, now: datetime.datetime, citizens: Collection[int] = (), phone: str | None = None
) -> int:
    """There is something new for these people (primary keys), or for who has this phone: each
    browser of their households gets one notice, by day. Returns how many browsers wait now."""
    if not push_wire.is_on():
        return 0
    browsers = PushSubscription.objects.all()
    if phone is not None:
        browsers = browsers.filter(account__phone=phone)
    else:
        browsers = browsers.filter(
            account__in=Account.objects.filter(household__citizen__in=list(citizens)).values("pk")
        )
    held = browsers.select_for_update(of=("self",), no_key=True).order_by("pk")
    waiting = 0
    for browser in held:  # in one order, so that two who tell never wait for each other in turn
        rested = browser.told_at + AT_MOST_EVERY if browser.told_at else now
        waiting += PushSubscription.objects.filter(pk=browser.pk).update(
            news_at=now, attempts=0, next_at=after_the_night(max(now, rested))
        )
    return waiting


@transaction.atomic
def _claim(now: datetime.datetime) -> list[PushSubscription]:
    due = list(
        PushSubscription.objects.select_for_update(skip_locked=True)
        .filter(news_at__isnull=False, next_at__lte=now)
        .order_by("next_at")[:BATCH]
    )
    for browser in due:
        browser.attempts += 1
        browser.next_at = now + FIRST_WAIT * 4 ** (browser.attempts - 1)
    PushSubscription.objects.bulk_update(due, ["attempts", "next_at"])
    return due


def notice(language: str) -> bytes:
    """What the browser shows: the same for everybody and everything."""
    with translation.override(language):
        words = {
            "title": gettext("COVID-19 vaccination"),
            "body": gettext("There is something new in your health book."),
        }
    return json.dumps(words, ensure_ascii=False).encode()


def _send(browser: PushSubscription, *, now: datetime.datetime) -> bool:
    """One attempt; whether it went out. News that came meanwhile stay for the next round."""
    body = push_wire.encrypt(
        notice(browser.language),
        public_key=bytes(browser.public_key),
        auth_secret=bytes(browser.auth_secret),
    )
    told = PushSubscription.objects.filter(pk=browser.pk, news_at=browser.news_at)
    try:
        push_wire.post(browser.endpoint, body=body, now=now, timeout=TIMEOUT)
    except push_wire.SubscriptionIsGone:
        PushSubscription.objects.filter(pk=browser.pk, created_at=browser.created_at).delete()
        return False
    except push_wire.PushNotSent as refusal:
        log.warning("push_not_sent", push=browser.pk, attempts=browser.attempts, why=str(refusal))
        if browser.attempts >= MAX_ATTEMPTS:
            told.update(news_at=None, attempts=0)
        return False
    PushSubscription.objects.filter(pk=browser.pk).update(told_at=now)
    told.update(news_at=None, attempts=0)
    return True


def deliver_news(now: datetime.datetime) -> int:
    """The chore: send the notices that are due, by day, for ROUND_SECONDS at most; returns how
    many went out. Safe to run twice at once."""
    if is_quiet(now) or not push_wire.is_on():
        return 0
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < ROUND_SECONDS and (claimed := _claim(now)):
        for position, browser in enumerate(claimed):
            if time.monotonic() - began > ROUND_SECONDS:
                _give_back(claimed[position:], now=now)
                break
            sent += _send(browser, now=now)
    return sent


def _give_back(browsers: list[PushSubscription], *, now: datetime.datetime) -> None:
    for browser in browsers:
        PushSubscription.objects.filter(
            pk=browser.pk, news_at=browser.news_at, attempts=browser.attempts
        ).update(attempts=F("attempts") - 1, next_at=now)
