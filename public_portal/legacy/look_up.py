"""The two look-ups of the old portal: a code to the phone, then the doses of a person with it.

Who may see what: docs/adr/0021. Before the code is proven nothing is looked up, so that neither the
answer nor its time tells who is on record.
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certificates.selectors import AnswerKind, certificate_answer, doses_of_people
from public_portal.legacy.question import Question
from registration.models import (
    Account,
    Citizen,
    CodePurpose,
    IdentityDocument,
    OneTimeCode,
    Sex,
)
from registration.services.access import AccessPurpose, log_access
from registration.services.citizens import Paper
from registration.services.codes import HOUR, CodesAreScarce, check_code, send_code
from sites.models import Dose, DoseStatus, Vaccine
from sites.rules import doses_by_vaccine, series_is_complete
from sites.selectors import history_of
from vaxplatform import formatting
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import mask_phone

A_WHILE = datetime.timedelta(minutes=15)


class NoSuchRecord(DomainError):
    """One answer for every way in which there is nothing to show to this phone."""

    code = "no_such_record"
    message = _(
        "Nothing is on record with these details for this phone number. Check the name, the date "
        "of birth and the number against the paper, or ask the response centre."
    )


@dataclass(frozen=True)
class Record:
    """What the phone's owner is shown. `doses` the oldest first, with lot, site and vaccine.

    `identification`, `insurance`: numbers that the asker gave and that are on record, else empty.
    `qr`: the text of the newest certificate that verifiers accept; empty where there is none.
    """

    citizen: Citizen
    doses: list[Dose]
    identification: str
    insurance: str
    is_complete: bool
    qr: str


@transaction.atomic
def ask_for_code(*, question: Question, now: datetime.datetime) -> None:
    """Send a code to the phone, whoever is on record. Raises CodeRefused; nothing is sent then.

    Besides the limits of every code: settings.OLD_PORTAL_CODES_PER_HOUR through this door.
    """
    recent = OneTimeCode.objects.filter(purpose=CodePurpose.LOOK_UP, created_at__gt=now - HOUR)
    most = settings.OLD_PORTAL_CODES_PER_HOUR
    if recent[:most].count() >= most:
        raise CodesAreScarce(time=formatting.clock(now + A_WHILE))
    send_code(phone=question.phone, purpose=CodePurpose.LOOK_UP, session_key=question.key, now=now)


def open_record(*, question: Question, code: str, now: datetime.datetime) -> Record:
    """The record that the phone, which the code proves, may see; the look is kept on record.

    Raises WrongCode or NoSuchRecord. Not to be called within a transaction (see `check_code`).
    """
    check_code(
        phone=question.phone,
        purpose=CodePurpose.LOOK_UP,
        session_key=question.key,
        code=code,
        now=now,
    )
    with transaction.atomic():
        citizen, known = _find(question)
        client = f"tiemchungcovid19.gov.vn, {mask_phone(question.phone)}"
        log_access(citizen=citizen, account=None, purpose=AccessPurpose.API, client=client)
        return _record(citizen, known, question, now)


def _find(question: Question) -> tuple[Citizen, frozenset[Paper]]:
    """The person, and which of the papers that were named are hers.

    Of several records that fit, twins that nobody has joined yet, the one with most doses.
    """
    fitting = []
    for citizen in _people_of(question.phone):
        known = _papers_on_record(citizen, question)
        if known is not None and _fits(citizen, question):
            doses = citizen.doses.filter(status=DoseStatus.RECORDED).count()
            fitting.append((doses, -citizen.pk, known))
    if not fitting:
        raise NoSuchRecord
    _doses, number, known = max(fitting, key=lambda found: found[:2])
    return Citizen.objects.select_related("province", "ward__parent").get(pk=-number), known


def _people_of(phone: str) -> list[Citizen]:
    """Whom the phone speaks for: its number is on their record, or they are of its household.
    Nobody, where an official closed its account."""
    if Account.objects.filter(phone=phone, is_active=False).exists():
        return []
    named = Citizen.objects.filter(phone=phone).exclude(phone="")  # as the index is
    household = Citizen.objects.filter(households__account__phone=phone)
    return list({c.pk: _joined(c) for c in (*named, *household)}.values())


def _joined(citizen: Citizen) -> Citizen:
    """The record that goes on, where this one was found to be the same person."""
    while citizen.merged_into is not None:
        citizen = citizen.merged_into
    return citizen


def _fits(citizen: Citizen, question: Question) -> bool:
    """Name, sex, and the date of birth as far as it is on record."""
    return (
        citizen.search_name == question.search_name
        and question.date_of_birth.startswith(citizen.date_of_birth)
        and citizen.sex in (question.sex, Sex.OTHER)
    )


def _papers_on_record(citizen: Citizen, question: Question) -> frozenset[Paper] | None:
    """Which of the named papers are on the person's record; None where one contradicts it."""
    on_record = {
        (kind, bytes(index))
        for kind, index in IdentityDocument.objects.filter(citizen=citizen).values_list(
            "kind", "number_index"
        )
    }
    kinds = {kind for kind, _index in on_record}
    found = set()
    for spellings in (question.identification, question.insurance):
        hers = [paper for paper in spellings if (paper.kind, paper.index) in on_record]
        if spellings and not hers and spellings[0].kind in kinds:
            return None
        found.update(hers)
    return frozenset(found)


def _record(
    citizen: Citizen, known: frozenset[Paper], question: Question, now: datetime.datetime
) -> Record:
    doses = list(doses_of_people([citizen]).select_related("issuance", "vaccine", "lot", "site"))
    doses.sort(key=lambda dose: (dose.administered_at, dose.dose_number))
    return Record(
        citizen=citizen,
        doses=doses,
        identification=next((p.number for p in question.identification if p in known), ""),
        insurance=next((p.number for p in question.insurance if p in known), ""),
        is_complete=series_is_complete(
            history=history_of(citizen), primary_doses=doses_by_vaccine(Vaccine.objects.all())
        ),
        qr=_newest_certificate(doses, now),
    )


def _newest_certificate(doses: list[Dose], now: datetime.datetime) -> str:
    for dose in reversed(doses):
        found = certificate_answer(dose, now)
        if found.kind == AnswerKind.READY and found.certificate and not found.is_called_back:
            return found.certificate.hcert
    return ""
