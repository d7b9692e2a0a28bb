"""Two records of one person: put before people, joined by two of them, and taken apart again."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from registration.models import (
    LIVE_REGISTRATION,
    Account,
    CheckInCode,
    Citizen,
    HouseholdMember,
    IdentityDocument,
    ShotRegistration,
)
from response_center import exceptions
from response_center.models import Case, Correction, DuplicatePair, PairStatus
from sites.models import Dose, DoseStatus, ImportedRow, Visit, VisitStatus
from sites.rights import MAY, WORK_CASES
from sites.scoping import NotAllowed, posting_of
from vaxplatform.errors import DomainError

# What hangs on a person and goes with it. Accesses stay: they say who looked at which record.
# So do identity checks: they are about the details that were sent.
MOVED: tuple[type[models.Model], ...] = (
    Dose,
    IdentityDocument,
    ShotRegistration,
    CheckInCode,
    Visit,
    ImportedRow,
    Case,
    Correction,
)
OPEN_PAIR = (PairStatus.FOUND, PairStatus.PROPOSED)
REASON_LENGTH = 300


@dataclass(frozen=True)
class TakenApart:
    """What a pair is after it was taken apart. `stayed`: doses that came after the join, and
    remain with the record that was kept; a person decides whose they are."""

    pair: DuplicatePair
    stayed: int


def _require_right(by: Account) -> None:
    posting = posting_of(by)
    if posting is None or WORK_CASES not in MAY[posting.role]:  # type: ignore[index]
        raise NotAllowed


def name_pair(
    *, one: Citizen, other: Citizen, sign: str, now: datetime.datetime, score: float = 1
) -> DuplicatePair:
    """Put two records before those who judge; the pair that is there stays as it is.

    The older record is the one proposed to stay.
    """
    kept, merged = sorted((one, other), key=lambda citizen: citizen.pk)
    pair = DuplicatePair.objects.filter(kept__in=(kept, merged), merged__in=(kept, merged)).first()
    if pair is not None:
        return pair
    DuplicatePair.objects.bulk_create(
        [DuplicatePair(kept=kept, merged=merged, sign=sign, score=score, found_at=now)],
        ignore_conflicts=True,
    )
    return DuplicatePair.objects.get(kept__in=(kept, merged), merged__in=(kept, merged))


@transaction.atomic
def propose_pair(
    *, pair: DuplicatePair, by: Account, now: datetime.datetime, keep: Citizen | None = None
) -> DuplicatePair:
    """The first of two persons says: the same. `keep`: which of the two records goes on.

    Raises NotAllowed, PairHasMoved, or the reason why the two cannot be joined as they are.
    """
    _require_right(by)
    found = _held(pair, PairStatus.FOUND, PairStatus.DIFFERENT, PairStatus.REVERSED)
    if keep is not None and keep.pk == found.merged_id:
        found.kept, found.merged = found.merged, found.kept
    _refuse_conflicts(found.kept, found.merged)
    found.status = PairStatus.PROPOSED
    found.proposed_by, found.proposed_at = by, now
    found.decided_by = found.decided_at = found.reversed_by = found.reversed_at = None
    found.reason, found.moved = "", {}
    found.save()
    return found


@transaction.atomic
def call_different(
    *, pair: DuplicatePair, by: Account, now: datetime.datetime, reason: str = ""
) -> DuplicatePair:
    """Two persons; the pair is not put before anybody again. Raises NotAllowed, PairHasMoved."""
    _require_right(by)
    found = _held(pair, *OPEN_PAIR)
    found.status, found.decided_by, found.decided_at = PairStatus.DIFFERENT, by, now
    found.reason = reason.strip()[:REASON_LENGTH]
    found.save()
    return found


@transaction.atomic
def join(*, pair: DuplicatePair, by: Account, now: datetime.datetime) -> DuplicatePair:
    """The second person agrees: all that hangs on the one record goes to the other, and look-ups
    find that one. Certificates of moved doses are issued anew by the database's own triggers.

    Raises NotAllowed, PairHasMoved, PairNeedsAnother, RecordJoinedAlready, SameDoseNumbers,
    BothRegistered or BothVisited; nothing is written then.
    """
    _require_right(by)
    found = _held(pair, PairStatus.PROPOSED)
    if found.proposed_by_id == by.pk:
        raise exceptions.PairNeedsAnother
    kept, merged = _both(found)
    _refuse_conflicts(kept, merged)
    found.moved = {model._meta.label: _move(model, merged, kept) for model in MOVED}
    found.moved |= _move_households(merged, kept)
    Citizen.objects.filter(pk=merged.pk).update(merged_into=kept)
    found.status, found.decided_by, found.decided_at = PairStatus.MERGED, by, now
    found.save()
    return found


@transaction.atomic
def take_apart(
    *, pair: DuplicatePair, by: Account, reason: str, now: datetime.datetime
) -> TakenApart:
    """Give back what the join moved and what is still there. What came since stays where it is.

    Raises NotAllowed, PairHasMoved, ReasonMissing or RecordJoinedAlready.
    """
    _require_right(by)
    if not reason.strip():
        raise exceptions.ReasonMissing
    found = _held(pair, PairStatus.MERGED)
    kept, merged = _both(found)
    if kept.merged_into_id is not None:
        raise exceptions.RecordJoinedAlready
    for model in MOVED:
        rows = model._default_manager.filter(pk__in=found.moved.get(model._meta.label, []))
        rows.filter(citizen=kept).update(citizen=merged)
    _return_households(found.moved, merged, kept)
    Citizen.objects.filter(pk=merged.pk).update(merged_into=None)
    found.status, found.reversed_by, found.reversed_at = PairStatus.REVERSED, by, now
    found.reason = reason.strip()[:REASON_LENGTH]
    found.save()
    since = Dose.objects.filter(citizen=kept, recorded_at__gt=found.decided_at)
    return TakenApart(found, since.exclude(status=DoseStatus.VOIDED).count())


def _held(pair: DuplicatePair, *statuses: str) -> DuplicatePair:
    """The pair, held until the transaction ends; raises PairHasMoved unless in a status."""
    found = DuplicatePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    if found.status not in statuses:
        raise exceptions.PairHasMoved(status=found.get_status_display())
    return found


def _both(pair: DuplicatePair) -> tuple[Citizen, Citizen]:
    """The two records, held against whoever would write a row for one of them meanwhile."""
    rows = Citizen.objects.select_for_update(of=("self",)).order_by("pk")
    people = {c.pk: c for c in rows.filter(pk__in=(pair.kept_id, pair.merged_id))}
    return people[pair.kept_id], people[pair.merged_id]


def conflict_between(kept: Citizen, merged: Citizen) -> DomainError | None:
    """Why the two cannot be joined as they are now; None where nothing is in the way."""
    try:
        _refuse_conflicts(kept, merged)
    except DomainError as refusal:
        return refusal
    return None


def _refuse_conflicts(kept: Citizen, merged: Citizen) -> None:
    if kept.merged_into_id is not None or merged.merged_into_id is not None:
        raise exceptions.RecordJoinedAlready
    doses = Dose.objects.filter(status=DoseStatus.RECORDED)
    both = _values(doses, kept, "dose_number") & _values(doses, merged, "dose_number")
    if both:
        raise exceptions.SameDoseNumbers(numbers=", ".join(map(str, sorted(both))))
    live = ShotRegistration.objects.filter(status__in=LIVE_REGISTRATION)
    if _values(live, kept, "citizen") and _values(live, merged, "citizen"):
        raise exceptions.BothRegistered
    visits = Visit.objects.exclude(status=VisitStatus.CANCELLED)
    if _values(visits, kept, "session") & _values(visits, merged, "session"):
        raise exceptions.BothVisited


def _values(rows: Any, citizen: Citizen, field: str) -> set[Any]:
    return set(rows.filter(citizen=citizen).values_list(field, flat=True))


def _move(model: type[models.Model], merged: Citizen, kept: Citizen) -> list[int]:
    keys = sorted(model._default_manager.filter(citizen=merged).values_list("pk", flat=True))
    if keys:
        model._default_manager.filter(pk__in=keys).update(citizen=kept)
    return keys


def _move_households(merged: Citizen, kept: Citizen) -> dict[str, list[Any]]:
    """A phone that speaks for both speaks for the one; its other line is kept to be given back."""
    there = set(kept.households.values_list("account_id", flat=True))
    moved, doubled = [], []
    for line in merged.households.select_for_update().order_by("pk"):
        if line.account_id in there:
            doubled.append([line.pk, line.account_id, line.joined_at.isoformat()])
        else:
            moved.append(line.pk)
    HouseholdMember.objects.filter(pk__in=[pk for pk, *_rest in doubled]).delete()
    HouseholdMember.objects.filter(pk__in=moved).update(citizen=kept)
    return {"households": moved, "doubled_households": doubled}


def _return_households(moved: dict[str, Any], merged: Citizen, kept: Citizen) -> None:
    HouseholdMember.objects.filter(pk__in=moved["households"], citizen=kept).update(citizen=merged)
    known = set(
        Account.objects.filter(
            pk__in=[line[1] for line in moved["doubled_households"]]
        ).values_list("pk", flat=True)
    )
    HouseholdMember.objects.bulk_create(
        [
            HouseholdMember(
                pk=pk,
                account_id=account,
                citizen=merged,
                joined_at=datetime.datetime.fromisoformat(joined_at),
            )
            for pk, account, joined_at in moved["doubled_households"]
            if account in known
        ],
        ignore_conflicts=True,
    )
