"""Lots that a site's file names and the site does not hold, taken in from another site's entry.

Only where the operator asked for it, only as many doses as are then recorded, and never a lot that
anybody recalled or whose expiry date is told differently.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from registration.models import Account
from sites import exceptions
from sites.models import Lot, MovementKind, Site, StockMovement, Vaccine
from sites.services import stock
from sites.services.doses import DoseItem, Outcome, Recorded, record_doses
from vaxplatform.vietnam import day_in_vietnam

TAKEN_IN: Final = "import"  # the reason in the ledger, by which such a lot is known again
Key = tuple[str, str]  # product code and lot number


@dataclass(frozen=True)
class _Source:
    """A lot as other sites have it: what it takes to enter it here."""

    vaccine: Vaccine
    expires_on: datetime.date


class _Undo(Exception):
    """Leave the block without its writes."""


def record_taking_in(
    *, items: Sequence[DoseItem], site: Site, now: datetime.datetime, by: Account | None
) -> list[Outcome]:
    """`record_doses`, and once more for those whose lot could be taken in meanwhile."""
    outcomes = record_doses(items=items, site=site, now=now, recorded_by=by)
    wanting = _wanting(items, outcomes, site)
    if not wanting:
        return outcomes
    sources, refusals = _elsewhere({_key(items[i]) for i in wanting}, site)
    for i in wanting:
        if (refusal := refusals.get(_key(items[i]))) is not None:
            outcomes[i] = refusal
    open_ = [i for i in wanting if _is_good(items[i], sources)]
    tried = _try(items, open_, sources, site, now, by, keep=False)
    for i, outcome in tried.items():
        outcomes[i] = outcome
    good = [i for i, outcome in tried.items() if isinstance(outcome, Recorded)]
    for i, outcome in _try(items, good, sources, site, now, by, keep=True).items():
        outcomes[i] = outcome
    return outcomes


def _try(
    items: Sequence[DoseItem],
    positions: Sequence[int],
    sources: dict[Key, _Source],
    site: Site,
    now: datetime.datetime,
    by: Account | None,
    *,
    keep: bool,
) -> dict[int, Outcome]:
    """Receive a dose for each of these and record them; without `keep` all of it is undone, and
    only the answers stay."""
    chosen = [items[i] for i in positions]
    answers: list[Outcome] = []
    if not chosen:
        return {}
    try:
        with transaction.atomic():
            for key, doses in sorted(Counter(_key(item) for item in chosen).items()):
                source = sources[key]
                stock.receive_lot(
                    site=site,
                    vaccine=source.vaccine,
                    number=key[1],
                    expires_on=source.expires_on,
                    doses=doses,
                    reason=TAKEN_IN,
                    by=by,
                    now=now,
                )
            answers = record_doses(items=chosen, site=site, now=now, recorded_by=by)
            if not keep:
                raise _Undo
    except _Undo:
        pass
    return dict(zip(positions, answers, strict=True))


def _key(item: DoseItem) -> Key:
    return item.vaccine_code, item.lot_number


def _is_good(item: DoseItem, sources: dict[Key, _Source]) -> bool:
    source = sources.get(_key(item))
    return source is not None and day_in_vietnam(item.administered_at) <= source.expires_on


def _wanting(items: Sequence[DoseItem], outcomes: Sequence[Outcome], site: Site) -> list[int]:
    """Doses whose lot is not here, or is used up and came here by files alone."""
    unknown = [i for i, o in enumerate(outcomes) if isinstance(o, exceptions.LotUnknown)]
    used_up = [i for i, o in enumerate(outcomes) if isinstance(o, exceptions.LotExhausted)]
    if not used_up:
        return unknown
    lots = Lot.objects.filter(site=site, number__in={items[i].lot_number for i in used_up})
    received = StockMovement.objects.filter(lot__in=lots, kind=MovementKind.RECEIVED)
    by_hand = set(received.exclude(reason=TAKEN_IN).values_list("lot", flat=True))
    ours = {
        (lot.vaccine.code, lot.number)
        for lot in lots.select_related("vaccine")
        if lot.pk not in by_hand
    }
    return sorted([*unknown, *(i for i in used_up if _key(items[i]) in ours)])


def _elsewhere(
    keys: set[Key], site: Site
) -> tuple[dict[Key, _Source], dict[Key, exceptions.DomainError]]:
    """The lots as they are on record, and why some of them cannot be taken in."""
    rows: defaultdict[Key, list[Lot]] = defaultdict(list)
    numbers = {number for _code, number in keys}
    for lot in Lot.objects.filter(number__in=numbers).select_related("vaccine"):
        rows[lot.vaccine.code, lot.number].append(lot)
    sources: dict[Key, _Source] = {}
    refusals: dict[Key, exceptions.DomainError] = {}
    for key in keys:
        lots = rows.get(key, [])
        dates = {lot.expires_on for lot in lots}
        if any(lot.recalled_at is not None for lot in lots):
            refusals[key] = exceptions.LotRecalled()
        elif len(dates) > 1:
            refusals[key] = exceptions.SameLotSeveralDates()
        elif dates:
            sources[key] = _Source(lots[0].vaccine, dates.pop())
    return sources, refusals
