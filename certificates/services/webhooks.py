"""Telling the systems of sites that certificates were issued, replaced or revoked.

What is told is a site's feed of changes (services.changes), from the last number that the address
has accepted on; so a webhook's row is the whole of its queue. A message names numbers of doses and
certificates and no person: what it is about is read through the API, with the token.
"""

import datetime
import hashlib
import hmac
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connection, transaction

from certificates.exceptions import WebhookAddressRefused
from certificates.models import Webhook, WebhookState
from certificates.services.changes import ChangePage, changes_after, number_changes
from certificates.services.clock import database_now
from certificates.services.webhook_post import NotDelivered, post, url_problem
from sites.models import ApiClient

log = structlog.get_logger(__name__)

AT_ONCE: Final = 8  # addresses that are spoken to side by side
BUDGET_SECONDS: Final = 8  # of the chore, which shares its loop with the issuing of certificates
LEASE_SECONDS: Final = 60
LONGEST_SECONDS: Final = 10  # of one round of messages
MOST_EVENTS: Final = 200  # of one message
BACKOFF_SECONDS: Final = (10, 60, 300, 900, 3600)  # after the first failure …; the last goes on
SIGNATURE_HEADER: Final = "Vax-Signature"
SECRET_BYTES: Final = 32

_CLAIM = """
    WITH head AS MATERIALIZED (
        SELECT w.client_id FROM certificates_webhook w
          JOIN vaccination_sites_apiclient c ON c.id = w.client_id AND c.is_active
         WHERE w.state = 'active' AND w.next_at <= statement_timestamp()
           AND (EXISTS (SELECT FROM certificates_certificatechange e
                         WHERE e.site_id = c.site_id AND e.number IS NULL)
             OR EXISTS (SELECT FROM certificates_certificatechange e
                         WHERE e.site_id = c.site_id AND e.number > w.delivered_to))
         ORDER BY w.next_at LIMIT %(limit)s FOR NO KEY UPDATE OF w SKIP LOCKED)
    UPDATE certificates_webhook w
       SET next_at = clock_timestamp() + make_interval(secs => %(lease)s)
      FROM head WHERE w.client_id = head.client_id
    RETURNING w.client_id
"""


@dataclass(frozen=True)
class Message:
    """What one address is told in one POST; `token` is the `next_at` that its claim set."""

    webhook: Webhook
    token: datetime.datetime
    body: bytes
    cursor: int


# ------------------------------------------------------------------ keeping them


@transaction.atomic
def register_webhook(*, client: ApiClient, url: str) -> tuple[Webhook, str]:
    """The client's webhook at `url`, with a new secret, which is shown this once.

    It hears of what happens from now on; one that was there before goes on where it stood.
    Raises WebhookAddressRefused.
    """
    check_url(url)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    webhook = Webhook.objects.filter(pk=client.pk).first()
    if webhook is None:
        webhook = Webhook(client=client, delivered_to=number_changes(client.site_id))
    webhook.url, webhook.secret = url, secret
    _begin_again(webhook)
    return webhook, secret


def check_url(url: str) -> None:
    """Raises WebhookAddressRefused for an address to which nothing would be sent."""
    if url_problem(url):
        raise WebhookAddressRefused


def begin_again(*, webhook: Webhook) -> None:
    """Deliver from where it stopped, at once; also one that was paused or given up."""
    _begin_again(webhook)


def pause(*, webhook: Webhook) -> None:
    """Tell it nothing until somebody says so; its place in the feed is kept."""
    Webhook.objects.filter(pk=webhook.pk).update(
        state=WebhookState.PAUSED, attempts=0, failing_since=None, next_at=database_now()
    )


def _begin_again(webhook: Webhook) -> None:
    webhook.state, webhook.attempts = WebhookState.ACTIVE, 0
    webhook.failing_since, webhook.last_error = None, ""
    webhook.next_at = database_now()
    webhook.save()


# ------------------------------------------------------------------ delivering


def deliver_webhooks(_now: datetime.datetime) -> int:
    """Chore: tell each address what it has not heard; returns how many messages were accepted."""
    until, accepted = time.monotonic() + BUDGET_SECONDS, 0
    while time.monotonic() < until:
        messages = _claim_messages()
        if not messages:
            break
        accepted += _send_all(messages)
    return accepted


def signature(*, secret: str, body: bytes, at: int) -> str:
    """`t=seconds,v1=hex`: HMAC-SHA256 of "t.body" under the secret."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _claim_messages() -> list[Message]:
    """Take webhooks that have something to hear, each for one message."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"limit": AT_ONCE, "lease": LEASE_SECONDS})
        taken = [client for (client,) in cursor.fetchall()]
    messages = []
    for webhook in Webhook.objects.filter(pk__in=taken).select_related("client__site"):
        page = _page(webhook)
        if page.changes:
            messages.append(Message(webhook, webhook.next_at, _body(webhook, page), page.cursor))
    return messages


def _page(webhook: Webhook) -> ChangePage:
    """What follows in its feed. One that slept longer than changes are kept hears what is left."""
    site_id = webhook.client.site_id
    oldest = changes_after(site_id=site_id, after=None, limit=1)
    first = oldest.changes[0].number if oldest.changes else None
    after = max(webhook.delivered_to, (first or 1) - 1)
    return changes_after(site_id=site_id, after=after, limit=MOST_EVENTS)


def _body(webhook: Webhook, page: ChangePage) -> bytes:
    events: list[dict[str, Any]] = [
        {
            "number": change.number,
            "event": change.kind,
            "dose_id": str(change.certificate.dose.public_id),
            "certificate_id": str(change.certificate.public_id),
            "at": (change.certificate.issued_at if change.kind == "issued" else change.at)
            .astimezone(datetime.UTC)
            .isoformat(),
        }
        for change in page.changes
    ]
    said = {"site": webhook.client.site.code, "events": events, "cursor": page.cursor}
    return json.dumps(said, separators=(",", ":")).encode()


def _send_all(messages: list[Message]) -> int:
    """Send side by side; threads touch the network only, and the database is ours alone. Who has
    not answered in time (a name that takes long to resolve) is not waited for."""
    pool = ThreadPoolExecutor(len(messages))
    sent = [pool.submit(_send, message) for message in messages]
    wait(sent, timeout=LONGEST_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    reasons = [each.result() if each.done() else "timeout" for each in sent]
    for message, reason in zip(messages, reasons, strict=True):
        if reason:
            _note_failure(message, reason)
        else:
            _note_acceptance(message)
    return reasons.count("")


def _send(message: Message) -> str:
    """Why it was not accepted, as a word; "" when it was."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "vaxplatform-webhook/1",
        "Connection": "close",
        SIGNATURE_HEADER: signature(
            secret=message.webhook.secret, body=message.body, at=int(time.time())
        ),
    }
    try:
        post(url=message.webhook.url, body=message.body, headers=headers)
    except NotDelivered as failure:
        return failure.reason
    return ""


def _note_acceptance(message: Message) -> None:
    now = database_now()
    _still_ours(message).update(
        delivered_to=message.cursor,
        delivered_at=now,
        next_at=now,
        attempts=0,
        failing_since=None,
        last_error="",
    )


def _note_failure(message: Message, reason: str) -> None:
    """Say why and when to try again; after days of it, give up until a person says otherwise."""
    webhook, now = message.webhook, database_now()
    since = webhook.failing_since or now
    patience = datetime.timedelta(days=settings.WEBHOOKS_GIVEN_UP_AFTER_DAYS)
    pause_seconds = BACKOFF_SECONDS[min(webhook.attempts, len(BACKOFF_SECONDS) - 1)]
    is_over = now - since >= patience
    _still_ours(message).update(
        state=WebhookState.DEAD if is_over else WebhookState.ACTIVE,
        attempts=min(webhook.attempts + 1, 30_000),
        failing_since=since,
        last_error=reason[:40],
        next_at=now + datetime.timedelta(seconds=pause_seconds),
    )
    log.warning("webhook_not_delivered", client=webhook.pk, reason=reason, given_up=is_over)


def _still_ours(message: Message) -> Any:
    """Its row, unless a person changed it or its lease ended meanwhile: then nothing is noted."""
    return Webhook.objects.filter(
        pk=message.webhook.pk, state=WebhookState.ACTIVE, next_at=message.token
    )
