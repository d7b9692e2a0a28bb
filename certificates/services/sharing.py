"""Links by which a household shows one certificate to somebody else, for as long as it chose.

The secret of a link is 160 random bits, shown once; only its hash is kept. A link shows the newest
certificate of its dose, so a correction reaches whoever has it; it shows nothing once it was
withdrawn or is over, once the account no longer speaks for the person, or once no certificate of
the dose counts.
"""

import base64
import datetime
import hashlib
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from certificates.exceptions import CertificateNotLive
from certificates.models import Certificate, CertificateStatus, ShareLink
from registration.models import Account, RecordAccess
from registration.services.access import AccessPurpose, log_access
from registration.services.households import require_member
from sites.models import Dose
from vaxplatform.errors import DomainError

SECRET_BYTES = 20  # 32 characters of base32
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
LIFETIMES = {"hour": HOUR, "day": DAY, "week": 7 * DAY}
LINKS_A_DAY = 20  # made by one account
OPENINGS_AN_HOUR = 60  # of one person's links
KEPT_FOR = 30 * DAY  # after its end, for the list of one's links


class TooManyLinks(DomainError):
    code = "too_many_links"
    message = _("You can make %(limit)d links a day. Use one of those below, or wait a day.")


class LinkNotFound(DomainError):
    """One answer for links that never were, are over, or were withdrawn."""

    code = "link_not_found"
    message = _("This link shows nothing.")


class LinkEnded(DomainError):
    """The link is good, but the certificate it showed no longer counts."""

    code = "link_ended"
    message = _("The certificate that this link showed is no longer valid.")


class OpenedTooOften(DomainError):
    code = "opened_too_often"
    message = _("This certificate was opened by links very often just now. Try again in an hour.")


@dataclass(frozen=True)
class NewLink:
    """A link just made. Nobody can be told `secret` again."""

    link: ShareLink
    secret: str


@transaction.atomic
def share_certificate(
    *, account: Account, dose: Dose, lifetime: datetime.timedelta, now: datetime.datetime
) -> NewLink:
    """A new link to the certificate of `dose`, good for `lifetime` from `now` on.

    Raises NotInHousehold, CertificateNotLive or TooManyLinks.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    require_member(account=account, citizen=dose.citizen)
    if not _live_certificates(now).filter(dose=dose).exists():
        raise CertificateNotLive
    if ShareLink.objects.filter(account=account, created_at__gt=now - DAY).count() >= LINKS_A_DAY:
        raise TooManyLinks(limit=LINKS_A_DAY)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
    link = ShareLink.objects.create(
        dose=dose,
        account=account,
        secret_hash=hash_of(secret),
        created_at=now,
        expires_at=now + lifetime,
    )
    return NewLink(link, secret)


def hash_of(secret: str) -> str:
    """SHA-256 in hex; the case of the secret does not matter, for QR codes hold capitals."""
    return hashlib.sha256(secret.lower().encode()).hexdigest()


def require_open(*, secret: str, now: datetime.datetime) -> None:
    """Raises LinkNotFound or LinkEnded unless the link shows something. Nothing is counted."""
    link = _open_links(now).filter(secret_hash=hash_of(secret)).first()
    if link is None:
        raise LinkNotFound
    if not _live_certificates(now).filter(dose=link.dose_id).exists():
        raise LinkEnded


@transaction.atomic
def open_link(*, secret: str, now: datetime.datetime) -> Certificate:
    """The certificate (with dose and citizen) that the link shows. The opening is counted, and
    stands on record for the person.

    Raises LinkNotFound, LinkEnded or OpenedTooOften; then nothing is counted.
    """
    links = _open_links(now).select_for_update(of=("self",), no_key=True)
    link = links.filter(secret_hash=hash_of(secret)).first()
    if link is None:
        raise LinkNotFound
    certificate = _live_certificates(now).filter(dose=link.dose_id).first()
    if certificate is None:
        raise LinkEnded
    citizen = certificate.dose.citizen
    recent = RecordAccess.objects.filter(
        citizen=citizen, purpose=AccessPurpose.SHARE_LINK, at__gt=now - HOUR
    )
    if recent[:OPENINGS_AN_HOUR].count() >= OPENINGS_AN_HOUR:
        raise OpenedTooOften
    ShareLink.objects.filter(pk=link.pk).update(openings=F("openings") + 1, opened_at=now)
    log_access(citizen=citizen, account=None, purpose=AccessPurpose.SHARE_LINK)
    return certificate


def withdraw_link(*, account: Account, link_id: int, now: datetime.datetime) -> bool:
    """Let a link of this account show nothing from now on; whether it was still open."""
    still_open = ShareLink.objects.filter(
        pk=link_id, account=account, withdrawn_at=None, expires_at__gt=now
    )
    return still_open.update(withdrawn_at=now) > 0


def links_of(*, account: Account, dose: Dose) -> QuerySet[ShareLink]:
    """The account's links to this dose, the newest first."""
    return ShareLink.objects.filter(account=account, dose=dose).order_by("-created_at", "-pk")


def forget_old_links(now: datetime.datetime) -> int:
    """Delete the links that ended more than 30 days ago; returns how many."""
    long_ago = now - KEPT_FOR
    old = ShareLink.objects.filter(Q(expires_at__lt=long_ago) | Q(withdrawn_at__lt=long_ago))
    return old.delete()[0]


def _open_links(now: datetime.datetime) -> QuerySet[ShareLink]:
    """Those that are good at `now`, and whose account may still speak for the person."""
    return ShareLink.objects.filter(
        withdrawn_at=None,
        expires_at__gt=now,
        account__is_active=True,
        dose__citizen__households__account=F("account"),
    )


def _live_certificates(now: datetime.datetime) -> QuerySet[Certificate]:
    live = Certificate.objects.filter(status=CertificateStatus.LIVE, expires_at__gt=now)
    return live.select_related("dose__citizen", "dose__vaccine")
