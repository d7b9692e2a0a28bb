"""Adverse events: reported by a site, kept up to date, sent on by an official."""

import datetime
import secrets
from collections.abc import Collection

from django.db import transaction

from registration.models import Account
from sites import aefi_exceptions, aefi_rules, rights
from sites.models import (
    AefiOutcome,
    AefiReport,
    AnaphylaxisGrade,
    Dose,
    DoseStatus,
    Seriousness,
)
from sites.rights import require_action
from sites.scoping import NotAllowed, scope_to_posting
from vaxplatform.vietnam import day_in_vietnam

ALPHABET = "2346789ACDEFGHJKMNPQRTVWXY"


@transaction.atomic
def report_aefi(
    *,
    dose: Dose,
    onset_at: datetime.datetime,
    symptoms: Collection[str],
    by: Account,
    now: datetime.datetime,
    noticed_at: datetime.datetime | None = None,
    description: str = "",
    grade: int = AnaphylaxisGrade.NONE,
    seriousness: str = Seriousness.NONE,
    treatment: str = "",
    referred_to: str = "",
    medical_history: str = "",
) -> AefiReport:
    """A report of an event after `dose`. If it is serious its clock runs from `noticed_at`, which
    is now unless it is typed later than noticed.

    Raises NotAllowed, SignsMissing, SignUnknown, OnsetImpossible, NoticeImpossible,
    EventOfVoidedDose, and EventReported for a second report of the dose whose onset is within a
    day of the first's.
    """
    noticed_at = noticed_at or now
    _must_be_in_reach(dose, by, rights.REPORT_AEFI)
    codes = _checked(symptoms, description)
    locked = Dose.objects.select_for_update(of=("self",)).get(pk=dose.pk)
    if locked.status != DoseStatus.RECORDED:
        raise aefi_exceptions.EventOfVoidedDose
    if not locked.administered_at <= onset_at <= now:
        raise aefi_exceptions.OnsetImpossible
    if not onset_at <= noticed_at <= now:
        raise aefi_exceptions.NoticeImpossible
    _must_be_new(locked, onset_at)
    return AefiReport.objects.create(
        number=_free_number(),
        dose=locked,
        onset_at=onset_at,
        noticed_at=noticed_at,
        symptoms=codes,
        description=description,
        grade=grade,
        seriousness=seriousness,
        treatment=treatment,
        referred_to=referred_to,
        outcome=AefiOutcome.DEATH if seriousness == Seriousness.DEATH else AefiOutcome.UNKNOWN,
        medical_history=medical_history,
        reported_by=by,
        reported_at=now,
        due_at=_due(grade, seriousness, noticed_at),
    )


@transaction.atomic
def update_outcome(
    *,
    report: AefiReport,
    outcome: str,
    by: Account,
    now: datetime.datetime,
    outcome_on: datetime.date | None = None,
    grade: int | None = None,
    seriousness: str | None = None,
) -> AefiReport:
    """How the person is now. What has become serious starts the clock; a clock never stops here.

    Raises NotAllowed and OutcomeDayImpossible.
    """
    _must_be_in_reach(report.dose, by, rights.REPORT_AEFI)
    if outcome_on and not day_in_vietnam(report.onset_at) <= outcome_on <= day_in_vietnam(now):
        raise aefi_exceptions.OutcomeDayImpossible
    locked = AefiReport.objects.select_for_update().get(pk=report.pk)
    locked.outcome, locked.outcome_on = outcome, outcome_on
    locked.grade = locked.grade if grade is None else grade
    locked.seriousness = seriousness or locked.seriousness
    if outcome == AefiOutcome.DEATH:
        locked.seriousness = Seriousness.DEATH
    locked.due_at = locked.due_at or _due(locked.grade, locked.seriousness, now)
    locked.save(update_fields=["outcome", "outcome_on", "grade", "seriousness", "due_at"])
    return locked


@transaction.atomic
def send_on(*, report: AefiReport, by: Account, now: datetime.datetime) -> None:
    """An official says that the report went on to the ministry. Raises NothingToSendOn."""
    _must_be_in_reach(report.dose, by, rights.SEND_AEFI)
    waiting = AefiReport.objects.filter(pk=report.pk, due_at__isnull=False, sent_on_at__isnull=True)
    if not waiting.update(sent_on_at=now, sent_on_by=by):
        raise aefi_exceptions.NothingToSendOn


def _must_be_in_reach(dose: Dose, by: Account, action: str) -> None:
    posting = require_action(by, action)
    if not scope_to_posting(Dose.objects.filter(pk=dose.pk), posting).exists():
        raise NotAllowed


def _checked(symptoms: Collection[str], description: str) -> list[str]:
    known = aefi_rules.symptoms()
    if not set(symptoms) <= known.keys():
        raise aefi_exceptions.SignUnknown
    if not symptoms and not description.strip():
        raise aefi_exceptions.SignsMissing
    return [code for code in known if code in symptoms]


def _must_be_new(dose: Dose, onset_at: datetime.datetime) -> None:
    near = aefi_rules.SAME_EVENT_WITHIN
    same = AefiReport.objects.filter(dose=dose, onset_at__range=(onset_at - near, onset_at + near))
    if found := same.first():
        raise aefi_exceptions.EventReported(number=found.number)


def _due(grade: int, seriousness: str, now: datetime.datetime) -> datetime.datetime | None:
    if aefi_rules.must_be_sent_on(grade=grade, seriousness=seriousness):
        return now + aefi_rules.SEND_ON_WITHIN
    return None


def _free_number() -> str:
    """Such as AE-7K3M2Q; the unique constraint decides in the end."""
    while True:
        number = "AE-" + "".join(secrets.choice(ALPHABET) for _place in range(6))
        if not AefiReport.objects.filter(number=number).exists():
            return number
