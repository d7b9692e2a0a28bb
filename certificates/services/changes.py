"""The feed of a site's certificates: giving numbers to changes, reading them, forgetting old ones.

Numbers are given to committed rows by one process at a time, so a reader that keeps the number of
the last change it has seen misses none, however late another transaction commits (docs/adr/0019).
"""

import datetime
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from certificates.exceptions import CursorUnknown
from certificates.models import CertificateChange, ChangeFeed
from certificates.services.clock import database_now

AT_ONCE: Final = 10_000  # rows of one statement

_FEED = """
    INSERT INTO certificates_changefeed (site_id, last_number, forgotten_to) VALUES (%s, 0, 0)
    ON CONFLICT (site_id) DO NOTHING
"""
_HOLD = "SELECT last_number FROM certificates_changefeed WHERE site_id = %s FOR NO KEY UPDATE"
_NUMBER = """
    WITH head AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM certificates_certificatechange
         WHERE site_id = %(site)s AND number IS NULL ORDER BY id LIMIT %(limit)s),
    numbered AS (
        UPDATE certificates_certificatechange change SET number = %(last)s + head.place
          FROM head WHERE change.id = head.id RETURNING 1)
    UPDATE certificates_changefeed SET last_number = last_number + (SELECT count(*) FROM numbered)
     WHERE site_id = %(site)s RETURNING last_number
"""
_FORGET = """
    WITH old AS MATERIALIZED (
        SELECT id, site_id, number FROM certificates_certificatechange
         WHERE at < %(before)s AND number IS NOT NULL ORDER BY at LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM certificates_certificatechange change USING old WHERE change.id = old.id
        RETURNING change.site_id, change.number),
    marked AS (
        UPDATE certificates_changefeed feed SET forgotten_to = greatest(forgotten_to, top.number)
          FROM (SELECT site_id, max(number) AS number FROM gone GROUP BY site_id) top
         WHERE feed.site_id = top.site_id)
    SELECT count(*) FROM gone
"""


@dataclass(frozen=True)
class ChangePage:
    """Changes in the order of their numbers; `cursor` is what to hand in next."""

    changes: list[CertificateChange]
    cursor: int
    has_more: bool


def number_changes(site_id: int) -> int:
    """Give numbers to all that has committed; returns the highest number of the site.

    Nothing is written where nothing is new.
    """
    while CertificateChange.objects.filter(site=site_id, number=None).exists():
        _number_some(site_id)
    feed = ChangeFeed.objects.filter(pk=site_id).first()
    return feed.last_number if feed else 0


@transaction.atomic
def _number_some(site_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FEED, [site_id])
        cursor.execute(_HOLD, [site_id])
        (last,) = cursor.fetchone()  # and only now is it looked at which rows are there
        cursor.execute(_NUMBER, {"site": site_id, "last": last, "limit": AT_ONCE})


def changes_after(*, site_id: int, after: int | None, limit: int) -> ChangePage:
    """Up to `limit` changes that follow the number `after`; from the oldest kept for None.

    Raises CursorUnknown where changes behind `after` are forgotten, or were never numbered.
    """
    last = number_changes(site_id)
    rows = CertificateChange.objects.filter(
        site=site_id, number__gt=after or 0, number__lte=last
    ).select_related("certificate__dose__citizen")
    changes = list(rows.order_by("number")[: limit + 1])
    # After the rows: what somebody forgets while we read is noticed here.
    feed = ChangeFeed.objects.filter(pk=site_id).first() or ChangeFeed(site_id=site_id)
    if after is not None and not feed.forgotten_to <= after <= feed.last_number:
        raise CursorUnknown
    page = changes[:limit]
    cursor = page[-1].number if page else max(after or 0, feed.forgotten_to)
    return ChangePage(page, cursor or 0, len(changes) > limit)


def forget_old_changes(_now: datetime.datetime) -> int:
    """Chore: delete changes that are older than settings say; returns how many."""
    before = database_now() - datetime.timedelta(days=settings.CERTIFICATE_CHANGES_KEPT_DAYS)
    # Without its number, a change that nobody has read would vanish from under a cursor.
    unread = CertificateChange.objects.filter(at__lt=before, number=None)
    for site_id in unread.order_by().values_list("site", flat=True).distinct():
        number_changes(site_id)
    forgotten, count = 0, AT_ONCE
    with connection.cursor() as cursor:
        while count == AT_ONCE:
            cursor.execute(_FORGET, {"before": before, "limit": AT_ONCE})
            (count,) = cursor.fetchone()
            forgotten += count
    return forgotten
