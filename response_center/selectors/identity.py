"""The lists of the identity check that a posting may see, and what was done with them."""

import uuid
from typing import Any

from django.db.models import QuerySet

from registration.identity_selectors import CleanLine, League, clean_league
from registration.identity_words import REASONS
from registration.models import IdentityCheckEvent, IdentityCheckList, ListAct
from sites.models import StaffPosting


def lists_in_reach(posting: StaffPosting) -> QuerySet[IdentityCheckList]:
    """Newest first: all of them, or those of the posting's province."""
    lists = IdentityCheckList.objects.select_related("province", "made_by")
    if posting.province_id:
        lists = lists.filter(province=posting.province_id)
    return lists.order_by("-made_at", "-pk")


def events_in_reach(posting: StaffPosting, public_id: uuid.UUID) -> QuerySet[IdentityCheckEvent]:
    """An event of a list in reach by its number."""
    events = IdentityCheckEvent.objects.select_related("check_list__province", "account")
    found = events.filter(public_id=public_id, act=ListAct.ANSWERED)
    if posting.province_id:
        found = found.filter(check_list__province=posting.province_id)
    return found


def league_in_reach(posting: StaffPosting) -> League:
    """All provinces, or the posting's own beside the whole country."""
    league = clean_league()
    if posting.province_id is None:
        return league
    own = [line for line in league.lines if _is_of(line, posting.province_id)]
    return League(own, league.whole, league.counted_at)


def _is_of(line: CleanLine, province_id: int) -> bool:
    return line.province is not None and line.province.pk == province_id


def not_taken(event: IdentityCheckEvent) -> list[dict[str, Any]]:
    """The reasons why rows were not taken in: how many, and the numbers of the first of them."""
    counts: dict[str, int] = event.counts["not_applied"]
    lines: list[tuple[int, str]] = event.counts["lines"]
    return [
        {
            "sentence": REASONS[code],
            "count": count,
            "lines": [line for line, why in lines if why == code],
        }
        for code, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
