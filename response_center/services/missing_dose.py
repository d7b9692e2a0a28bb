"""The site finds the dose in its paper: it is recorded, and the certificate comes by itself."""

import datetime
import hashlib
import uuid
from dataclasses import dataclass

from django.db import transaction

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails
from response_center import exceptions
from response_center.access import may_confirm
from response_center.models import (
    Case,
    CaseCause,
    CaseEvent,
    CaseKind,
    CaseStatus,
    CaseVerb,
    RejectionReason,
)
from response_center.services.cases import CASE_IS_REJECTED
from response_center.services.moves import (
    FREE,
    first_answer,
    log_event,
    move_at_site,
    refusal_of,
    tell_citizen,
)
from sites.exceptions import LotUnknown
from sites.models import Dose, DoseSource, Lot
from sites.scoping import NotAllowed, posting_of
from sites.services.doses import DoseItem, record_dose

REFUSED_BECAUSE: dict[str, CaseCause] = {
    RejectionReason.NO_SUCH_DOSE: CaseCause.NO_DOSE,
    RejectionReason.NOT_VACCINATED: CaseCause.NO_DOSE,
    RejectionReason.WRONG_SITE: CaseCause.OTHER_SITE,
    RejectionReason.ALREADY_RIGHT: CaseCause.ALREADY_RIGHT,
}


@dataclass(frozen=True)
class PaperDose:
    """The dose as the site's paper has it. `administered_at` aware; `lot` the site's own row.

    `person`: who it is, as the paper names them, where the case has no citizen on record.
    """

    lot: Lot
    administered_at: datetime.datetime
    dose_number: int
    dose_kind: str
    vaccinator: str
    person: CitizenDetails | None = None

    @property
    def digest(self) -> bytes:
        """Names the whole content, to tell a second click from a second dose."""
        parts = (
            self.lot.pk,
            self.administered_at.isoformat(),
            self.dose_number,
            self.dose_kind,
            self.vaccinator,
            self.person and (self.person.search_name, self.person.date_of_birth),
        )
        return hashlib.sha256(repr(parts).encode()).digest()


@transaction.atomic
def confirm_dose(*, case: Case, by: Account, paper: PaperDose, now: datetime.datetime) -> Dose:
    """Record the missing dose in the case's own transaction; the case waits for its certificate.

    The same confirmation again answers the same dose. Raises NotAllowed, NotAboutAMissingDose,
    LotUnknown (another site's lot), CaseHasMoved, CaseClosed, and every refusal of `record_dose`,
    PersonMissing where nobody is on record and the paper's person is not given.
    """
    case.refresh_from_db(from_queryset=Case.objects.select_for_update(no_key=True, of=("self",)))
    if not may_confirm(posting_of(by), case) or case.site is None:
        raise NotAllowed
    if case.kind != CaseKind.NO_CERTIFICATE:
        raise exceptions.NotAboutAMissingDose
    if case.status != CaseStatus.WITH_SITE and case.dose is None:
        raise refusal_of(case, agent=None, now=now)
    if paper.lot.site_id != case.site_id:
        raise LotUnknown
    recorded = record_dose(item=_item(case, paper), site=case.site, now=now, recorded_by=by)
    if case.status == CaseStatus.WITH_SITE:
        _await_certificate(case, recorded.dose, by=by, now=now)
    return recorded.dose


@transaction.atomic
def refuse_dose(
    *, case: Case, by: Account, reason: str, words: str, now: datetime.datetime
) -> Case:
    """The site has no such dose in its list: the case ends with the reason and what the person can
    do, who may object once (services.objections).

    Raises ReasonMissing, WordsMissing, NotAboutAMissingDose, and as `move_at_site` does.
    """
    if reason not in RejectionReason.values:
        raise exceptions.ReasonMissing
    if not words.strip():
        raise exceptions.WordsMissing
    if case.kind != CaseKind.NO_CERTIFICATE:
        raise exceptions.NotAboutAMissingDose
    move_at_site(
        case,
        by=by,
        now=now,
        status=CaseStatus.REJECTED,
        rejection_reason=reason,
        cause=REFUSED_BECAUSE.get(reason, CaseCause.OTHER),
        closed_at=now,
    )
    log_event(case=case, verb=CaseVerb.SITE_REFUSED, at=now, by=by, note=words.strip())
    tell_citizen(case=case, text=CASE_IS_REJECTED, now=now)
    return case


def _await_certificate(case: Case, dose: Dose, *, by: Account, now: datetime.datetime) -> None:
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.AWAITING,
        dose=dose,
        citizen_id=dose.citizen_id,
        first_answer_at=first_answer(now),
        **FREE,
    )
    case.refresh_from_db()
    log_event(case=case, verb=CaseVerb.DOSE_CONFIRMED, at=now, by=by)


def _item(case: Case, paper: PaperDose) -> DoseItem:
    return DoseItem(
        idempotency_key=_key(case),
        digest=paper.digest,
        citizen=_person(case, paper),
        dose_number=paper.dose_number,
        dose_kind=paper.dose_kind,
        vaccine_code=paper.lot.vaccine.code,
        lot_number=paper.lot.number,
        administered_at=paper.administered_at,
        vaccinator=paper.vaccinator,
        source=DoseSource.PAPER,
    )


def _key(case: Case) -> uuid.UUID:
    """One key a confirmation: after a confirmed dose was voided, the next one is another dose."""
    confirmed = CaseEvent.objects.filter(case=case, verb=CaseVerb.DOSE_CONFIRMED).count()
    return uuid.uuid5(case.public_id, str(confirmed - 1 if case.dose_id else confirmed))


def _person(case: Case, paper: PaperDose) -> Citizen | CitizenDetails:
    if case.citizen is not None:
        return case.citizen
    if paper.person is None:
        raise exceptions.PersonMissing
    return paper.person
