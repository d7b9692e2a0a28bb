"""What the citizens' pages show of a case, in sentences and component records."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from certificates.selectors import Answer, AnswerKind, certificate_answer, doses_of_people
from registration.models import Account, Citizen
from registration.selectors import household_of
from response_center.diagnosis import Finding, diagnose
from response_center.forms.adding import MoreForm, ObjectionForm, PhotoForm
from response_center.models import (
    LIVE_CASE,
    Case,
    CaseEvent,
    CaseKind,
    CaseLevel,
    CaseStatus,
    CaseVerb,
    CorrectionStatus,
)
from response_center.rules import time_left
from response_center.selectors import SPEAKS_TO_CITIZEN, log_for_citizen
from response_center.selectors.corrections import (
    differences,
    ended_corrections,
    live_correction,
)
from response_center.services.evidence import PHOTOS_A_CASE
from response_center.services.objections import may_object
from sites.entry_forecast import entry_forecast, forecast_in_words
from vaxplatform import formatting
from vaxplatform.components import ChainStep, Check, SummaryRow
from vaxplatform.vietnam import mask_phone as masked

Text = str | Promise

__all__ = [
    "case_line",
    "case_page",
    "entry_in_words",
    "kind_title",
    "kinds",
    "known_beforehand",
    "known_in_query",
    "masked",
    "short_answers",
]

KIND_HINTS: dict[str, Text] = {
    CaseKind.NO_CERTIFICATE: _("I was vaccinated, but the dose or its certificate is missing"),
    CaseKind.WRONG_DATA: _("Name, date of birth, papers, day, vaccine or lot"),
    CaseKind.NOT_MY_DOSE: _("The health book shows a shot that I never had"),
    CaseKind.REACTION: _("I do not feel well since the shot"),
    CaseKind.QUESTION: "",
    CaseKind.COMPLAINT: _("About a site, a person or this service"),
}
KIND_ICONS = {
    CaseKind.NO_CERTIFICATE: "doc",
    CaseKind.WRONG_DATA: "edit",
    CaseKind.NOT_MY_DOSE: "user",
    CaseKind.REACTION: "alert",
    CaseKind.QUESTION: "info",
    CaseKind.COMPLAINT: "mail",
}
STATUS_TAGS = {
    CaseStatus.OPEN: "act",
    CaseStatus.WITH_SITE: "act",
    CaseStatus.AWAITING: "act",
    CaseStatus.RESOLVED: "ok",
    CaseStatus.REJECTED: "bad",
    CaseStatus.MERGED: "",
}
STATUS_WORDS: dict[str, Text] = {
    CaseStatus.OPEN: _("We are looking into it"),
    CaseStatus.WITH_SITE: _("The vaccination site is looking into it"),
    CaseStatus.AWAITING: _("Dose found, certificate on its way"),
    CaseStatus.RESOLVED: _("Resolved"),
    CaseStatus.REJECTED: _("Not accepted"),
    CaseStatus.MERGED: _("Joined with another report"),
}
ANSWER_RESULTS = {
    AnswerKind.READY: "ok",
    AnswerKind.WAITING: "wait",
    AnswerKind.ISSUING: "wait",
    AnswerKind.LATE: "bad",
    AnswerKind.REVIEW: "bad",
    AnswerKind.REVOKED: "bad",
    AnswerKind.VOIDED: "bad",
}


@dataclass(frozen=True)
class Kind:
    """A kind of report on the first page."""

    slug: str
    title: Text
    hint: Text
    symbol: str


def kinds(by_slug: Mapping[str, str]) -> list[Kind]:
    return [
        Kind(slug, CaseKind(kind).label, KIND_HINTS[kind], KIND_ICONS[CaseKind(kind)])
        for slug, kind in by_slug.items()
    ]


def kind_title(kind: str) -> Text:
    return CaseKind(kind).label


KNOWN_IN_QUERY = {
    "person": "person",
    "dose": "dose_number",
    "site": "site_name",
    "day": "administered_on",
}


def known_in_query(request: HttpRequest) -> dict[str, str]:
    """What a link from another page knows already: ?person=<public id>&dose=2&site=…&day=…"""
    return {name: request.GET[name][:60] for name in KNOWN_IN_QUERY if request.GET.get(name)}


def known_beforehand(request: HttpRequest) -> dict[str, str]:
    """The same as the first values of the report's fields."""
    return {KNOWN_IN_QUERY[name]: value for name, value in known_in_query(request).items()}


# ── what the records say already ──────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class PersonAnswer:
    """What is on record for a person of the household: a finding for each dose."""

    citizen: Citizen
    findings: Sequence[Finding]


def answer_in_words(answer: Answer) -> Text:
    """Where the certificate of one dose is, in a few words with a clock time."""
    times = {"time": formatting.moment(answer.expected_by)}
    match answer.kind:
        case AnswerKind.READY:
            return _("its certificate is out")
        case AnswerKind.WAITING | AnswerKind.ISSUING:
            return gettext("its certificate comes by %(time)s, you need to do nothing") % times
        case AnswerKind.LATE:
            return gettext("its certificate was promised by %(time)s and is late; we know") % times
        case AnswerKind.REVIEW:
            return _("its certificate is stuck, and we are working on it already")
        case AnswerKind.REVOKED:
            return _("its certificate was called back")
        case AnswerKind.VOIDED:
            return _("this dose was taken back")


def dose_title(number: int, given_at: datetime.datetime) -> str:
    return gettext("Dose %(number)d of %(day)s") % {
        "number": number,
        "day": formatting.day(given_at),
    }


def answers_of(citizen: Citizen, now: datetime.datetime) -> list[Check]:
    """A line for each recorded dose of one person."""
    return _by_person([citizen], now)[citizen.pk]


def short_answers(account: Account, now: datetime.datetime) -> list[PersonAnswer]:
    """What the records say for each person of the household, before anybody writes a report."""
    return [
        PersonAnswer(citizen, diagnose(citizen=citizen, now=now).findings)
        for citizen in household_of(account)
    ]


def _by_person(people: list[Citizen], now: datetime.datetime) -> dict[int, list[Check]]:
    found: dict[int, list[Check]] = {citizen.pk: [] for citizen in people}
    for dose in doses_of_people(people):
        answer = certificate_answer(dose, now)
        found[dose.citizen_id].append(
            Check(
                dose_title(dose.dose_number, dose.administered_at),
                answer_in_words(answer),
                ANSWER_RESULTS[answer.kind],  # type: ignore[arg-type]
            )
        )
    for checks in found.values():
        if not checks:
            checks.append(Check(_("No dose is on record"), "", "warn"))
    return found


# ── a case ────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class CaseLine:
    """A case in a list."""

    number: str
    title: str
    person: str
    tag: str
    status: Text
    opened_at: datetime.datetime
    due_at: datetime.datetime | None


def case_title(case: Case) -> str:
    """ "Missing dose 2 of 03/11/2021", as far as the citizen told."""
    if case.kind != CaseKind.NO_CERTIFICATE:
        return str(case.get_kind_display())
    told = {"number": case.said_dose_number, "day": formatting.day(case.said_administered_on)}
    if case.said_dose_number and case.said_administered_on:
        return gettext("Dose %(number)d of %(day)s without certificate") % told
    if case.said_administered_on:
        return gettext("Dose of %(day)s without certificate") % told
    if case.said_dose_number:
        return gettext("Dose %(number)d without certificate") % told
    return gettext("No certificate")


def person_of(case: Case) -> str:
    return case.citizen.full_name if case.citizen else case.said_full_name


def case_line(case: Case) -> CaseLine:
    return CaseLine(
        number=case.number,
        title=case_title(case),
        person=person_of(case),
        tag=STATUS_TAGS[CaseStatus(case.status)],
        status=STATUS_WORDS[case.status],
        opened_at=case.opened_at,
        due_at=case.due_at if case.status in LIVE_CASE else None,
    )


def _level_words(case: Case) -> Text:
    if case.level == CaseLevel.DISTRICT:
        return _("Passed on to the district's health centre")
    if case.level == CaseLevel.PROVINCE:
        return _("Passed on to the province's health department")
    return _("Passed on to the Ministry of Health")


def _event_words(event: CaseEvent, case: Case) -> Text:
    site = case.site.name if case.site else ""
    match event.verb:
        case CaseVerb.OPENED:
            return _("We received the report")
        case CaseVerb.ASKED_SITE:
            return gettext("Sent to %(site)s") % {"site": site}
        case CaseVerb.ANSWERED:
            return gettext("%(site)s answered") % {"site": site}
        case CaseVerb.DOSE_CONFIRMED:
            return gettext("%(site)s found the dose and entered it") % {"site": site}
        case CaseVerb.ESCALATED:
            return _level_words(case)
        case CaseVerb.INFORMED:
            return _("The response centre wrote to you")
        case CaseVerb.REJECTED:
            return _("The report was not accepted")
        case _:
            return CaseVerb(event.verb).label


def _now_step(case: Case, now: datetime.datetime) -> ChainStep:
    match case.status:
        case CaseStatus.WITH_SITE:
            site = case.site.name if case.site else ""
            title: Text = gettext("%(site)s looks for the paper of the shot") % {"site": site}
        case CaseStatus.AWAITING if case.dose is not None:
            expected = certificate_answer(case.dose, now).expected_by
            return ChainStep(
                _("The certificate is being made"),
                gettext("Expected by %(time)s. You need to do nothing.")
                % {"time": formatting.moment(expected)},
                "now",
            )
        case _:
            title = _("The response centre looks into it")
    return ChainStep(title, "", "now")


def chain_of(case: Case, now: datetime.datetime) -> list[ChainStep]:
    """The steps done, the one going on, and the answer still to come."""
    done = [
        ChainStep(_event_words(event, case), formatting.moment(event.at), "ok")
        for event in log_for_citizen(case)
    ]
    if case.status not in LIVE_CASE:
        return done
    return [
        *done,
        _now_step(case, now),
        ChainStep(_("Answer to you"), _("By SMS and on this page")),
    ]


@dataclass(frozen=True)
class Note:
    """Words that somebody wrote to the citizen."""

    title: Text
    text: str
    at: datetime.datetime
    kind: str


def notes_of(case: Case) -> list[Note]:
    """The answers, the latest first."""
    kind_of = {CaseVerb.RESOLVED: "ok", CaseVerb.REJECTED: "warn"}
    title_of: dict[str, Text] = {
        CaseVerb.ANSWERED: _("The site's answer"),
        CaseVerb.INFORMED: _("A message from the response centre"),
        CaseVerb.SITE_REFUSED: _("The site's answer"),
        CaseVerb.RESOLVED: _("Our answer"),
        CaseVerb.REJECTED: case.get_rejection_reason_display(),
    }
    notes = [
        Note(title_of[event.verb], event.note, event.at, kind_of.get(CaseVerb(event.verb), "info"))
        for event in log_for_citizen(case)
        if event.verb in SPEAKS_TO_CITIZEN and event.note
    ]
    return notes[::-1]


def _day(value: datetime.date | None) -> str:
    return formatting.day(value) if value else ""


def sent_rows(case: Case) -> list[SummaryRow]:
    """What was sent, without what was left empty."""
    number = case.said_dose_number
    rows = [
        (_("About"), case.get_kind_display()),
        (_("Person"), person_of(case)),
        (_("Day of the shot"), _day(case.said_administered_on)),
        (_("Vaccination site"), case.site and case.site.name),
        (_("Dose"), number and str(number)),
        (_("Vaccine"), case.said_vaccine and str(case.said_vaccine)),
        (_("Lot number"), case.said_lot_number),
        (_("In your words"), case.description),
    ]  # fmt: skip
    return [SummaryRow(label, value) for label, value in rows if value]


def entry_in_words(case: Case, now: datetime.datetime) -> str:
    """When the dose that a live case misses will be on record, as far as its site is with entering
    its paper; "" where that is not the question or nothing can be said."""
    is_missing = case.kind == CaseKind.NO_CERTIFICATE and case.dose_id is None
    if not is_missing or case.site is None or case.status not in LIVE_CASE:
        return ""
    forecast = entry_forecast(site=case.site, day=case.said_administered_on, now=now)
    return forecast_in_words(case.site, forecast) if forecast else ""


def case_page(case: Case, now: datetime.datetime) -> dict[str, Any]:
    """The context of response_center/case.html."""
    is_live = case.status in LIVE_CASE
    asked = live_correction(case)
    photos = list(case.evidence.filter(forgotten_at=None).defer("photo"))
    left = time_left(opened_at=case.opened_at, due_at=case.due_at, now=now)
    return {
        "case": case,
        "line": case_line(case),
        "is_live": is_live,
        "asked": differences(asked, masked=True) if asked else [],
        "is_checked": asked is not None and asked.status == CorrectionStatus.PROPOSED,
        "corrected": [
            differences(each, masked=True)
            for each in ended_corrections(case)
            if each.status == CorrectionStatus.APPLIED
        ],
        "photos": photos,
        "photo_form": PhotoForm() if is_live and len(photos) < PHOTOS_A_CASE else None,
        "more_form": MoreForm() if is_live else None,
        "objection_form": ObjectionForm() if may_object(case, now) else None,
        "shows_record": not case.said_full_name,  # else the record may be somebody else's
        "has_objected": case.objected_at is not None,
        "is_answered": case.first_answer_at is not None,
        "left": left,
        "chain": chain_of(case, now),
        "notes": notes_of(case),
        "rows": sent_rows(case),
        "entry": entry_in_words(case, now),
        "is_certified": case.status == CaseStatus.RESOLVED and case.dose_id is not None,
    }
