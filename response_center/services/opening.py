"""Opening a case: by a household's account, or by anybody whose phone a code has proven."""

import datetime
import hashlib
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from registration.models import Account, Citizen, DoseKind
from registration.services.households import require_member
from response_center import exceptions
from response_center.corrected import OF_THE_DOSE, on_record, right_value
from response_center.models import (
    LIVE_CASE,
    Case,
    CaseChannel,
    CaseKind,
    CaseVerb,
    Correction,
    CorrectionLine,
)
from response_center.places import district_of
from response_center.rules import ANSWER_WITHIN, OPEN_CASES_A_PERSON, new_case_number, urgency_of
from response_center.services.evidence import add_evidence
from response_center.services.moves import log_event
from sites.models import Dose, DoseStatus, Site, Vaccine
from sites.services.doses import CAMPAIGN_BEGAN_ON
from vaxplatform.vietnam import age_on, day_in_vietnam

ABOUT_A_RECORD = (
    CaseKind.NO_CERTIFICATE,
    CaseKind.WRONG_DATA,
    CaseKind.NOT_MY_DOSE,
    CaseKind.REACTION,
)
TOLD_WITHOUT_WORDS = (CaseKind.NO_CERTIFICATE,)  # site, day and dose say it all
ATTEMPTS_FOR_A_NUMBER = 5


@dataclass(frozen=True)
class Report:
    """What a person tells us; every text normalised.

    `citizen`: a person of the household, or else `full_name` and `date_of_birth`
    ("YYYY[-MM[-DD]]") as told. `phone`: E.164, proven, where the answer goes. `corrections`: pairs
    of a CorrectedField and its right value. `photos`: pairs of an EvidenceKind and a picture file.
    `is_serious`: a sign of danger was ticked. `cause`: the CaseCause that the machine guesses.
    """

    kind: str
    phone: str
    citizen: Citizen | None = None
    full_name: str = ""
    date_of_birth: str = ""
    description: str = ""
    site: Site | None = None
    vaccine: Vaccine | None = None
    lot_number: str = ""
    administered_on: datetime.date | None = None
    dose_number: int | None = None
    dose_kind: str = DoseKind.PRIMARY
    language: str = "vi"
    corrections: tuple[tuple[str, str], ...] = ()
    photos: tuple[tuple[str, bytes], ...] = ()
    is_serious: bool = False
    cause: str = ""


@transaction.atomic
def open_case(
    *,
    report: Report,
    now: datetime.datetime,
    by: Account | None = None,
    channel: str = CaseChannel.WEB,
    opened_by: Account | None = None,
) -> Case:
    """Take the report in; an answer is due within 48 hours (Công văn 9458/BYT-CNTT).

    `by`: the account that reports for `report.citizen` of its household; empty where a code has
    proven `report.phone`, or the agent `opened_by` writes down what a caller says. What is asked to
    be corrected and the photos come in with it, or nothing does. Raises NotInHousehold,
    PersonMissing, WordsMissing, DayInFuture, DayTooEarly, AlreadyReported (with the number of the
    case), TooManyOpenCases, the InvalidInput of a value, or what `add_evidence` refuses.
    """
    check_report(report=report, by=by, now=now)
    _one_at_a_time(report.phone)
    mine = Q(phone=report.phone)
    if report.citizen is not None:
        mine |= Q(citizen=report.citizen)
    live = Case.objects.filter(mine, status__in=LIVE_CASE).exclude(kind=CaseKind.STUCK_CERTIFICATE)
    same = live.filter(
        kind=report.kind,
        citizen=report.citizen,
        said_full_name=report.full_name,
        said_date_of_birth=report.date_of_birth,
        said_dose_number=report.dose_number,
        said_administered_on=report.administered_on,
    ).first()
    if same is not None:
        raise exceptions.AlreadyReported(number=same.number)
    if live[:OPEN_CASES_A_PERSON].count() >= OPEN_CASES_A_PERSON:
        raise exceptions.TooManyOpenCases(limit=OPEN_CASES_A_PERSON)
    case = _create(report, now=now, channel=channel, opened_by=opened_by)
    log_event(case=case, verb=CaseVerb.OPENED, at=now, by=by or opened_by)
    _ask_to_correct(case, report, now)
    for kind, content in report.photos:
        add_evidence(case=case, kind=kind, content=content, now=now)
    return case


def check_report(*, report: Report, now: datetime.datetime, by: Account | None = None) -> None:
    """Whether the report can be taken in as it stands, before anybody proves a phone for it.

    Raises NotInHousehold, PersonMissing, WordsMissing, DayInFuture or DayTooEarly.
    """
    if report.citizen is not None and by is not None:
        require_member(account=by, citizen=report.citizen)
    elif report.kind in ABOUT_A_RECORD and not (report.full_name and report.date_of_birth):
        raise exceptions.PersonMissing
    says_it_all = report.kind in TOLD_WITHOUT_WORDS or bool(report.corrections)
    if not says_it_all and not report.description.strip():
        raise exceptions.WordsMissing(field="description")
    if report.administered_on is not None:
        if report.administered_on > day_in_vietnam(now):
            raise exceptions.DayInFuture
        if report.administered_on < CAMPAIGN_BEGAN_ON:
            raise exceptions.DayTooEarly


def _one_at_a_time(phone: str) -> None:
    """Until the transaction ends, nobody else opens a case for this phone: a double click."""
    key = int.from_bytes(hashlib.sha256(f"case {phone}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def free_number() -> str:
    """A case number that nobody has; the unique constraint decides in the end."""
    for _attempt in range(ATTEMPTS_FOR_A_NUMBER):
        number = new_case_number()
        if not Case.objects.filter(number=number).exists():
            return number
    raise RuntimeError("case numbers are running out")


def dose_told(report: Report) -> Dose | None:
    """The recorded dose that the report names by its number, else by its day."""
    if report.citizen is None:
        return None
    doses = Dose.objects.filter(citizen=report.citizen, status=DoseStatus.RECORDED)
    for dose in doses.select_related("vaccine", "lot", "citizen").order_by("administered_at"):
        if report.dose_number is not None:
            if dose.dose_number == report.dose_number:
                return dose
        elif report.administered_on == day_in_vietnam(dose.administered_at):
            return dose
    return None


def _ask_to_correct(case: Case, report: Report, now: datetime.datetime) -> None:
    """Keep what is asked for, field by field, beside what is on record now."""
    if not report.corrections:
        return
    dose = dose_told(report)
    about_dose = any(field in OF_THE_DOSE for field, _value in report.corrections)
    correction = Correction.objects.create(
        case=case, citizen=case.citizen, dose=dose if about_dose else None, asked_at=now
    )
    today = day_in_vietnam(now)
    lines = []
    for field, value in report.corrections:
        new = right_value(field, value, on=today)
        old = on_record(field, citizen=case.citizen, dose=dose, new=new)
        lines.append(CorrectionLine(correction=correction, field=field, old=old, new=new))
    CorrectionLine.objects.bulk_create(lines)


def _age_of(report: Report, now: datetime.datetime) -> int | None:
    born = report.citizen.date_of_birth if report.citizen else report.date_of_birth
    return age_on(born, day_in_vietnam(now)) if born else None


def _create(
    report: Report, *, now: datetime.datetime, channel: str, opened_by: Account | None
) -> Case:
    province_id = None
    if report.site is not None:
        province_id = report.site.province_id
    elif report.citizen is not None:
        province_id = report.citizen.province_id
    return Case.objects.create(
        number=free_number(),
        kind=report.kind,
        phone=report.phone,
        language=report.language,
        citizen=report.citizen,
        site=report.site,
        province_id=province_id,
        district_id=district_of(site=report.site, citizen=report.citizen),
        channel=channel,
        opened_by=opened_by,
        urgency=urgency_of(report.kind, age=_age_of(report, now), is_serious=report.is_serious),
        cause=report.cause,
        description=report.description.strip(),
        said_full_name=report.full_name,
        said_date_of_birth=report.date_of_birth,
        said_vaccine=report.vaccine,
        said_lot_number=report.lot_number,
        said_administered_on=report.administered_on,
        said_dose_number=report.dose_number,
        said_dose_kind=report.dose_kind,
        opened_at=now,
        due_at=now + ANSWER_WITHIN,
    )
