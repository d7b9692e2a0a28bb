"""The machine's own answer to "where is my certificate": what is on record, what is missing, what
to do and by when. Most reports end here, before anybody writes one. It speaks of the one person it
is asked about, and of nobody else."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from certificates.selectors import Answer, AnswerKind, certificate_answer, doses_of_people
from registration.models import Citizen
from response_center.models import CaseCause
from sites.entry_forecast import entry_forecast, forecast_in_words
from sites.models import Dose, Site
from vaxplatform import formatting

Text = str | Promise
Result = Literal["ok", "warn", "wait", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `by`: the moment of which the next step speaks, if any; `cause`: a
    CaseCause, "" where nothing is wrong."""

    title: Text
    sentence: Text
    next_step: Text
    result: Result
    cause: str = ""
    by: datetime.datetime | None = None

    @property
    def kind(self) -> str:
        """The kind of notice that shows it."""
        return "info" if self.result == "wait" else self.result


@dataclass(frozen=True)
class Diagnosis:
    """What was found, the doses in their order, the site last."""

    findings: Sequence[Finding]

    @property
    def cause(self) -> str:
        """The first cause that was found: the guess that a report starts with."""
        return next((each.cause for each in self.findings if each.cause), "")

    @property
    def is_fine(self) -> bool:
        """Whether nothing needs a report."""
        return all(each.result in ("ok", "wait") for each in self.findings)


def diagnose(
    *,
    citizen: Citizen | None,
    now: datetime.datetime,
    site: Site | None = None,
    day: datetime.date | None = None,
) -> Diagnosis:
    """What the records say of this person, and of the site and day of a shot that is missing."""
    doses = list(doses_of_people([citizen])) if citizen is not None else []
    findings = [_of_dose(dose, now) for dose in doses]
    if not findings:
        findings.append(_nothing(citizen))
    if site is not None:
        findings += _of_site(site, day, now)
    return Diagnosis(findings)


def _nothing(citizen: Citizen | None) -> Finding:
    title = (
        _("Nothing is on record under these details") if citizen is None
        else _("No dose is on record")
    )  # fmt: skip
    return Finding(
        title,
        _(
            "Sites on paper enter doses some days later, and a detail that was written otherwise "
            "hides a record."
        ),
        _("Report it with the day and the site of the shot. You have an answer within 48 hours."),
        "warn",
        CaseCause.NOT_ENTERED,
    )


def _of_dose(dose: Dose, now: datetime.datetime) -> Finding:
    answer = certificate_answer(dose, now)
    title = gettext("Dose %(number)d of %(day)s") % {
        "number": dose.dose_number,
        "day": formatting.day(dose.administered_at),
    }
    sentence, step, result, cause = _in_words(answer)
    is_timed = answer.kind in (AnswerKind.WAITING, AnswerKind.ISSUING)
    return Finding(title, sentence, step, result, cause, answer.expected_by if is_timed else None)


def _in_words(answer: Answer) -> tuple[Text, Text, Result, str]:
    times = {"time": formatting.moment(answer.expected_by)}
    match answer.kind:
        case AnswerKind.READY:
            return _("Its certificate is out."), _("Open it in the health book."), "ok", ""
        case AnswerKind.WAITING | AnswerKind.ISSUING:
            return (
                gettext("Its certificate comes by %(time)s.") % times,
                _("You need to do nothing."),
                "wait",
                CaseCause.NOT_DUE,
            )
        case AnswerKind.LATE | AnswerKind.REVIEW:
            return (
                gettext("Its certificate was promised by %(time)s and is late.") % times,
                _("We know and work on it. After 24 hours a person looks at it without a report."),
                "bad",
                CaseCause.CERTIFICATE_STUCK,
            )
        case AnswerKind.REVOKED:
            return (
                _("Its certificate was called back."),
                _("Report it, and we tell you why."),
                "bad",
                CaseCause.OTHER,
            )
        case AnswerKind.VOIDED:
            return (
                _("The site took this dose back."),
                _("If you had this shot, report it."),
                "bad",
                CaseCause.NO_DOSE,
            )


def _of_site(site: Site, day: datetime.date | None, now: datetime.datetime) -> list[Finding]:
    forecast = entry_forecast(site=site, day=day, now=now)
    if forecast is None:
        return []
    return [
        Finding(
            gettext("Doses of %(site)s") % {"site": site.name},
            forecast_in_words(site, forecast),
            _("If your dose is not there after that day, report it."),
            "wait",
            CaseCause.SITE_BACKLOG,
        )
    ]
