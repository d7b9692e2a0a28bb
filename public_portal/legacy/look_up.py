"""The two look-ups of the old portal: a code to the phone, then the doses of a person with it.

Who may see what: docs/adr/0021. Before the code is proven nothing is looked up, so that neither the
answer nor its time tells who is on record.
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from certificates.selectors import AnswerKind, certificate_answer, doses_of_people
from registration.models import Citizen, CodePurpose, OneTimeCode
from registration.services.access import AccessPurpose, log_access
from registration.services.codes import HOUR, CodesAreScarce, check_code, send_code
from registration.services.own_record import Found, NoSuchRecord, Question, find_record
from sites.models import Dose, Vaccine
from sites.rules import doses_by_vaccine, series_is_complete
from sites.selectors import history_of
from vaxplatform import formatting
from vaxplatform.vietnam import mask_phone

A_WHILE = datetime.timedelta(minutes=15)


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
        found = find_record(question)
        if found is None:
            raise NoSuchRecord
        client = f"tiemchungcovid19.gov.vn, {mask_phone(question.phone)}"
        log_access(citizen=found.citizen, account=None, purpose=AccessPurpose.API, client=client)
        return _record(found, question, now)


def _record(found: Found, question: Question, now: datetime.datetime) -> Record:
    citizen, known = found.citizen, found.papers
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
