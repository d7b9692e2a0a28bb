"""Corrections: checked by one person, decided by a second one where it counts, then written.

The case is locked first, then the correction, the person, the dose and its job, in this order: of
two who decide at once one succeeds. What is written is compared before with what stood on record
when it was proposed, so that of two corrections of one record the second is looked at anew.
"""

import datetime
from collections.abc import Mapping

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, IssuanceJob
from registration.models import Account, Citizen, DocumentKind
from registration.services.citizens import Paper
from registration.services.corrections import (
    CitizenChanges,
    NumberNotAccepted,
    RecordWasJoined,
    correct_citizen,
)
from response_center import exceptions
from response_center.access import may_work
from response_center.corrected import OF_THE_DOSE, OF_THE_PERSON, on_record, paper_kind, right_value
from response_center.models import (
    LIVE_CASE,
    Case,
    CaseCause,
    CaseKind,
    CaseStatus,
    CaseVerb,
    CorrectedField,
    Correction,
    CorrectionLine,
    CorrectionStatus,
    DuplicatePair,
    DuplicateSign,
    RejectionReason,
)
from response_center.services.cases import reject_case
from response_center.services.correction_ends import end_corrections
from response_center.services.moves import (
    FREE,
    first_answer,
    log_event,
    move,
    move_held,
    tell_citizen,
)
from sites.exceptions import DoseAlreadyVoided, DoseBeforeBirth
from sites.models import Dose, DoseStatus
from sites.scoping import NotAllowed, posting_of
from sites.services.corrections import DoseChanges, correct_dose
from sites.services.doses import move_dose, void_dose
from vaxplatform.vietnam import birth_span, day_in_vietnam

IDENTITY = frozenset(
    {
        CorrectedField.FULL_NAME,
        CorrectedField.DATE_OF_BIRTH,
        CorrectedField.SEX,
        CorrectedField.ID_NUMBER,
        CorrectedField.INSURANCE_NUMBER,
    }
)
ENDED_BY_IT: Mapping[str, CaseCause] = {
    CaseKind.WRONG_DATA: CaseCause.TYPING_ERROR,
    CaseKind.NOT_MY_DOSE: CaseCause.WRONG_PERSON,
}
RECORD_IS_CORRECTED = _(
    "Vaccination: your report %(number)s: the record was corrected. Read it under Help."
)


@transaction.atomic
def propose_correction(
    *,
    case: Case,
    lines: Mapping[str, str],
    grounds: str,
    by: Account,
    now: datetime.datetime,
    dose: Dose | None = None,
) -> Correction:
    """Say what is right, field by field, and what shows it; `by` holds the case, and lets it go.

    `lines`: CorrectedField → right value; "" for DOSE_OWNER takes the dose back. What the person
    asked for is replaced. Where no second person is needed it is written at once. Raises
    WordsMissing (no grounds), the InvalidInput of a value, NothingToCorrect, NobodyToCorrect,
    DoseOfSomebodyElse, OwnerStandsAlone, CorrectionWaiting, as `move_held` does, and what
    `correct_dose` and `correct_citizen` refuse.
    """
    _hold_to_propose(case, grounds=grounds, by=by, now=now)
    dose = dose or case.dose
    _lock(case.citizen_id, dose.pk if dose else None)
    changes = _differences(case, dose, _read(lines, now))
    end_corrections(case=case, now=now)
    correction = _create(case, dose, changes, grounds=grounds.strip(), by=by, now=now)
    if not correction.needs_second:
        return _apply(correction, by=by, now=now)
    log_event(case=case, verb=CaseVerb.CORRECTION_PROPOSED, at=now, by=by, note=correction.grounds)
    return correction


def _hold_to_propose(case: Case, *, grounds: str, by: Account, now: datetime.datetime) -> None:
    if not grounds.strip():
        raise exceptions.WordsMissing(field="grounds")
    move_held(case, agent=by, now=now)
    if Correction.objects.filter(case=case, status=CorrectionStatus.PROPOSED).exists():
        raise exceptions.CorrectionWaiting


@transaction.atomic
def name_person(*, case: Case, citizen: Citizen, by: Account, now: datetime.datetime) -> Case:
    """Who on record a report is about, where the report named nobody on record; `by` keeps it.

    Raises NotAllowed, CaseNotClaimed, CaseHeld, CaseHasMoved, CaseClosed or RecordWasJoined.
    """
    if not may_work(posting_of(by), case):
        raise NotAllowed
    if citizen.merged_into_id is not None:
        raise RecordWasJoined
    held = Case.objects.filter(claimed_by=by, claimed_until__gt=now, status=CaseStatus.OPEN)
    move(case, held.filter(citizen=None), agent=by, now=now, citizen=citizen)
    Correction.objects.filter(case=case, citizen=None).update(citizen=citizen)
    note = gettext("The person was found on record.")
    log_event(case=case, verb=CaseVerb.NOTED, at=now, by=by, note=note, is_public=False)
    return case


def _create(
    case: Case,
    dose: Dose | None,
    changes: Mapping[str, tuple[str, str]],
    *,
    grounds: str,
    by: Account,
    now: datetime.datetime,
) -> Correction:
    about_dose = any(field in OF_THE_DOSE for field in changes)
    correction = Correction.objects.create(
        case=case,
        citizen=case.citizen or (dose.citizen if dose else None),
        dose=dose if about_dose else None,
        status=CorrectionStatus.PROPOSED,
        needs_second=_needs_second(changes, dose),
        asked_at=now,
        proposed_by=by,
        proposed_at=now,
        grounds=grounds[:300],
    )
    CorrectionLine.objects.bulk_create(
        CorrectionLine(correction=correction, field=field, old=old, new=new)
        for field, (old, new) in changes.items()
    )
    return correction


def _lock(citizen_id: int | None, dose_id: int | None) -> tuple[Citizen | None, Dose | None]:
    """The person, then the dose, then its job, held until the transaction ends: a worker who
    issues the certificate right now is waited for."""
    people = Citizen.objects.select_for_update(no_key=True, of=("self",))
    doses = Dose.objects.select_for_update(no_key=True, of=("self",))
    citizen = people.filter(pk=citizen_id).first() if citizen_id else None
    if dose_id is None:
        return citizen, None
    dose = doses.select_related("vaccine", "lot", "citizen").get(pk=dose_id)
    list(IssuanceJob.objects.select_for_update(no_key=True).filter(dose=dose_id))
    return citizen, dose


def _read(lines: Mapping[str, str], now: datetime.datetime) -> dict[str, str]:
    today = day_in_vietnam(now)
    return {
        field: ""
        if field == CorrectedField.DOSE_OWNER and not value
        else right_value(field, value, on=today)
        for field, value in lines.items()
    }


def _differences(
    case: Case, dose: Dose | None, lines: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Field → what stands on record and what is right, for the fields that differ."""
    about_dose = [field for field in lines if field in OF_THE_DOSE]
    if (about_dose and dose is None) or (
        case.citizen is None and (dose is None or len(about_dose) < len(lines))
    ):
        raise exceptions.NobodyToCorrect
    if about_dose and case.citizen is not None and dose and dose.citizen_id != case.citizen_id:
        raise exceptions.DoseOfSomebodyElse
    if CorrectedField.DOSE_OWNER in lines and len(about_dose) > 1:
        raise exceptions.OwnerStandsAlone
    found = {}
    for field, new in lines.items():
        old = on_record(field, citizen=case.citizen, dose=dose, new=new)
        is_same = field == CorrectedField.LOT_NUMBER and old.upper() == new
        if old != new and not is_same:
            found[field] = (old, new)
    if not found:
        raise exceptions.NothingToCorrect
    return found


def _needs_second(fields: Mapping[str, object], dose: Dose | None) -> bool:
    """Who a person is, whose a dose is, and what a certificate says needs two."""
    if IDENTITY & fields.keys() or CorrectedField.DOSE_OWNER in fields:
        return True
    if dose is None or not any(field in OF_THE_DOSE for field in fields):
        return False
    return Certificate.objects.believed().filter(dose=dose).exists()


def apply_correction(*, correction: Correction, by: Account, now: datetime.datetime) -> Correction:
    """The second person agrees: the record is corrected, certificates follow, the citizen is told.

    A report of wrong data or of a strange dose ends with it. Raises NotAllowed, CaseClosed,
    SecondPersonNeeded, CorrectionHasMoved, RecordHasChanged, RecordWasJoined, NumberNotAccepted
    (the two records are then put before those who judge pairs), and what `correct_dose`,
    `void_dose` and `move_dose` refuse.
    """
    try:
        with transaction.atomic():
            return _apply(correction, by=by, now=now)
    except NumberNotAccepted as refusal:
        if correction.citizen is not None:
            pair = DuplicatePair(
                kept_id=refusal.holder_id,
                merged=correction.citizen,
                sign=DuplicateSign.TOLD,
                found_at=now,
            )
            DuplicatePair.objects.bulk_create([pair], ignore_conflicts=True)
        raise


def _apply(correction: Correction, *, by: Account, now: datetime.datetime) -> Correction:
    case = _hold_case(correction, by=by)
    if correction.needs_second and correction.proposed_by_id == by.pk:
        raise exceptions.SecondPersonNeeded
    _decide(correction, CorrectionStatus.APPLIED, by=by, now=now)
    lines = {line.field: (line.old, line.new) for line in correction.lines.all()}
    _write(correction, lines, now)
    log_event(case=case, verb=CaseVerb.CORRECTION_APPLIED, at=now, by=by)
    if case.kind in ENDED_BY_IT:
        Case.objects.filter(pk=case.pk).update(
            status=CaseStatus.RESOLVED,
            closed_at=now,
            cause=ENDED_BY_IT[case.kind],
            first_answer_at=first_answer(now),
            **FREE,
        )
        note = _in_words(case, lines)
        log_event(case=case, verb=CaseVerb.RESOLVED, at=now, by=by, note=note)
    tell_citizen(case=case, text=RECORD_IS_CORRECTED, now=now)
    return correction


def _in_words(case: Case, lines: Mapping[str, object]) -> str:
    """The answer that the person reads, in their language."""
    with translation.override(case.language):
        fields = ", ".join(str(CorrectedField(field).label) for field in lines)
        certificate = gettext(
            "Where a certificate says otherwise, a new one takes its place within the hour."
        )
        return (
            gettext("The record was corrected: %(fields)s.") % {"fields": fields.lower()}
            + f" {certificate}"
        )


def _hold_case(correction: Correction, *, by: Account) -> Case:
    """The case, locked; it is alive and `by` works it."""
    held = Case.objects.select_for_update(no_key=True, of=("self",))
    case: Case = held.get(pk=correction.case_id)
    if not may_work(posting_of(by), case):
        raise NotAllowed
    if case.status not in LIVE_CASE:
        raise exceptions.CaseClosed
    return case


def _decide(
    correction: Correction,
    status: CorrectionStatus,
    *,
    by: Account,
    now: datetime.datetime,
    reason: str = "",
) -> None:
    """Move a proposed correction on, where nobody has meanwhile."""
    proposed = Correction.objects.filter(pk=correction.pk, status=CorrectionStatus.PROPOSED)
    moved = proposed.update(status=status, decided_by=by, decided_at=now, refusal_reason=reason)
    correction.refresh_from_db()
    if not moved:
        raise exceptions.CorrectionHasMoved(status=correction.get_status_display())


def _write(
    correction: Correction, lines: Mapping[str, tuple[str, str]], now: datetime.datetime
) -> None:
    """Correct the person, then the dose, if they still stand as they did."""
    citizen, dose = _lock(correction.citizen_id, correction.dose_id)
    if citizen is not None and citizen.merged_into_id is not None:
        raise RecordWasJoined
    if dose is not None and dose.status == DoseStatus.VOIDED:
        raise DoseAlreadyVoided
    for field, (old, new) in lines.items():
        if on_record(field, citizen=citizen, dose=dose, new=new) != old:
            raise exceptions.RecordHasChanged
    values = {field: new for field, (_old, new) in lines.items()}
    if citizen is not None and any(field in OF_THE_PERSON for field in values):
        _check_birth(citizen, values.get(CorrectedField.DATE_OF_BIRTH))
        correct_citizen(citizen=citizen, changes=_citizen_changes(values), now=now)
    if dose is not None:
        _write_dose(dose, values, correction.grounds, now)


def _check_birth(citizen: Citizen, date_of_birth: str | None) -> None:
    """Nobody was vaccinated before birth."""
    if date_of_birth is None:
        return
    doses = citizen.doses.filter(status=DoseStatus.RECORDED).order_by("administered_at")
    first = doses.first()
    if first is not None and day_in_vietnam(first.administered_at) < birth_span(date_of_birth)[0]:
        raise DoseBeforeBirth


def _citizen_changes(values: Mapping[str, str]) -> CitizenChanges:
    papers = []
    if number := values.get(CorrectedField.ID_NUMBER):
        papers.append(Paper(paper_kind(number).value, number))
    if number := values.get(CorrectedField.INSURANCE_NUMBER):
        papers.append(Paper(DocumentKind.BHYT.value, number))
    return CitizenChanges(
        full_name=values.get(CorrectedField.FULL_NAME),
        date_of_birth=values.get(CorrectedField.DATE_OF_BIRTH),
        sex=values.get(CorrectedField.SEX),
        phone=values.get(CorrectedField.PHONE),
        address=values.get(CorrectedField.ADDRESS),
        papers=tuple(papers),
    )


def _write_dose(
    dose: Dose, values: Mapping[str, str], grounds: str, now: datetime.datetime
) -> None:
    owner = values.get(CorrectedField.DOSE_OWNER)
    if owner == "":
        void_dose(dose=dose, reason=grounds[:200])
        return
    if owner is not None:
        move_dose(dose=dose, to=Citizen.objects.get(public_id=owner))
        return
    day = values.get(CorrectedField.ADMINISTERED_ON)
    number = values.get(CorrectedField.DOSE_NUMBER)
    changes = DoseChanges(
        vaccine_code=values.get(CorrectedField.VACCINE),
        lot_number=values.get(CorrectedField.LOT_NUMBER),
        administered_on=datetime.date.fromisoformat(day) if day else None,
        dose_number=int(number) if number else None,
        dose_kind=values.get(CorrectedField.DOSE_KIND),
    )
    correct_dose(dose=dose, changes=changes, now=now)


@transaction.atomic
def refuse_correction(
    *, correction: Correction, reason: str, words: str, by: Account, now: datetime.datetime
) -> Correction:
    """The second person does not agree: the case is at the desk again, with `words` for the first.

    What the person asked for and nobody proposed is refused by whoever holds the case; the case is
    rejected then, and the citizen reads the reason and the words. Raises ReasonMissing,
    WordsMissing, SecondPersonNeeded, CorrectionHasMoved, CaseClosed, NotAllowed, or what
    `reject_case` does.
    """
    if reason not in RejectionReason.values:
        raise exceptions.ReasonMissing
    if not words.strip():
        raise exceptions.WordsMissing
    correction.refresh_from_db()
    if correction.status == CorrectionStatus.ASKED:
        return _refuse_asked(correction, reason=reason, words=words, by=by, now=now)
    case = _hold_case(correction, by=by)
    if correction.proposed_by_id == by.pk:
        raise exceptions.SecondPersonNeeded
    _decide(correction, CorrectionStatus.REFUSED, by=by, now=now, reason=reason)
    verb, note = CaseVerb.CORRECTION_REFUSED, words.strip()
    log_event(case=case, verb=verb, at=now, by=by, note=note, is_public=False)
    return correction


def _refuse_asked(
    correction: Correction, *, reason: str, words: str, by: Account, now: datetime.datetime
) -> Correction:
    """What nobody proposed: the whole case is rejected with it."""
    case = Case.objects.get(pk=correction.case_id)
    end_corrections(case=case, now=now, by=by, reason=reason)
    reject_case(case=case, by=by, reason=reason, words=words, now=now)
    correction.refresh_from_db()
    return correction


@transaction.atomic
def withdraw_correction(
    *, correction: Correction, by: Account, now: datetime.datetime
) -> Correction:
    """Who proposed it takes it back. Raises NotAllowed, CaseClosed or CorrectionHasMoved."""
    case = _hold_case(correction, by=by)
    if correction.proposed_by_id != by.pk:
        raise NotAllowed
    proposed = Correction.objects.filter(pk=correction.pk, status=CorrectionStatus.PROPOSED)
    moved = proposed.update(status=CorrectionStatus.WITHDRAWN)
    correction.refresh_from_db()
    if not moved:
        raise exceptions.CorrectionHasMoved(status=correction.get_status_display())
    note = gettext("The proposed correction was taken back.")
    log_event(case=case, verb=CaseVerb.NOTED, at=now, by=by, note=note, is_public=False)
    return correction


__all__ = [
    "apply_correction",
    "name_person",
    "propose_correction",
    "refuse_correction",
    "withdraw_correction",
]
