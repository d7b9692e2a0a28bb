"""What became of a report, read from the history that the database keeps."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from registration.models import Account
from sites.models import AefiOutcome, AefiReport, AnaphylaxisGrade, Seriousness
from vaxplatform import formatting


@dataclass(frozen=True)
class Step:
    """One step of a report; `changes` in words."""

    at: datetime.datetime
    title: str
    by: str
    changes: list[str] = field(default_factory=list)


def history_of(report: AefiReport) -> list[Step]:
    """The newest first. Three queries, however many steps."""
    events = list(report.events.select_related("pgh_context").order_by("pgh_id"))  # type: ignore[attr-defined]
    names = _names(events)
    steps = [
        Step(
            at=event.pgh_created_at,
            title=_title(before, event),
            by=names.get(_account_of(before, event), ""),
            changes=_changes(before, event) if before else [],
        )
        for before, event in zip([None, *events], events, strict=False)
    ]
    return steps[::-1]


def _title(before: Any, event: Any) -> str:
    if before is None:
        return _("Reported")
    return _("Sent on to the ministry") if _was_sent(before, event) else _("Brought up to date")


def _was_sent(before: Any, event: Any) -> bool:
    return before.sent_on_at is None and event.sent_on_at is not None


def _account_of(before: Any, event: Any) -> int | None:
    if before is None:
        return event.reported_by_id
    if _was_sent(before, event):
        return event.sent_on_by_id
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    return metadata.get("user")


def _names(events: Iterable[Any]) -> dict[int | None, str]:
    events = list(events)
    asked = {_account_of(a, b) for a, b in zip([None, *events], events, strict=False)}
    accounts = Account.objects.filter(pk__in=[pk for pk in asked if pk is not None])
    return {account.pk: account.get_full_name() for account in accounts}


def _changes(before: Any, event: Any) -> list[str]:
    pairs = (
        (_("Outcome"), AefiOutcome(before.outcome).label, AefiOutcome(event.outcome).label),
        (
            _("Day of the outcome"),
            formatting.day(before.outcome_on),
            formatting.day(event.outcome_on),
        ),
        (
            _("Grade of anaphylaxis"),
            AnaphylaxisGrade(before.grade).label,
            AnaphylaxisGrade(event.grade).label,
        ),
        (
            _("Seriousness"),
            Seriousness(before.seriousness).label,
            Seriousness(event.seriousness).label,
        ),
        (
            _("To be sent on by"),
            formatting.moment(before.due_at),
            formatting.moment(event.due_at),
        ),
    )
    return [f"{name}: {old} → {new}" for name, old, new in pairs if old != new]
