"""The certificates' sections of the health book: the status card and one answer a dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.selectors import (
    Series,
    certificate_answer,
    doses_of_people,
    primary_doses_by_vaccine,
    series_of,
)
from certificates.series_rule import reason_of
from registration.health_book import PersonStatus, Section
from registration.models import Citizen
from sites.models import Vaccine
from sites.rules import doses_by_vaccine


@dataclass(frozen=True)
class StatusWords:
    """The status card in words; `color` as in `selectors.Series`."""

    kicker: str
    title: str
    sentence: str
    ring_text: str


def status_section(citizen: Citizen) -> Section:
    """Position 10: the card follows the doses on record, the ring shows each certificate, and why
    the card has its colour stands below it."""
    doses = list(doses_of_people([citizen]))
    vaccines = Vaccine.objects.in_bulk()
    series = series_of(doses, doses_by_vaccine(vaccines.values()))
    return Section(
        "certificates/status_card.html",
        {"series": series, "words": status_words(series), "reason": reason_of(doses, vaccines)},
        shows_only=True,
    )


def certificates_section(citizen: Citizen) -> Section:
    """Position 30: for each dose its certificate, or why there is none yet and when it comes."""
    now = timezone.now()
    answers = [certificate_answer(dose, now) for dose in doses_of_people([citizen])]
    newest_first = sorted(answers, key=lambda answer: -answer.dose.dose_number)
    context = {"answers": newest_first, "now": now}
    return Section("certificates/certificates.html", context, shows_only=True)


def statuses(citizens: Sequence[Citizen]) -> Mapping[int, PersonStatus]:
    """For the list of the household: the ring of each person who has a dose on record."""
    lengths = primary_doses_by_vaccine()
    by_person = groupby(doses_of_people(citizens), key=lambda dose: dose.citizen_id)
    found = {}
    for citizen_id, doses in by_person:
        series = series_of(list(doses), lengths)
        found[citizen_id] = PersonStatus(series.states, status_words(series).title)
    return found


def status_words(series: Series) -> StatusWords:
    """Card and ring in words; what is still in progress is said in a sentence of its own."""
    length = len(series.states)
    if series.is_complete:
        return StatusWords(_("Green card"), _("Primary series complete"), _in_progress(series), "")
    if series.color == "none":
        return StatusWords(
            _("No card yet"),
            _("No dose on record"),
            _("The card turns yellow with the first dose and green with the full series."),
            "",
        )
    title = _("%(given)s of %(length)s doses on record") % {
        "given": series.given,
        "length": length,
    }
    ring = f"{series.given}/{length}"
    return StatusWords(_("Yellow card"), title, _in_progress(series), ring)


def _in_progress(series: Series) -> str:
    waiting = series.states.count("recorded")
    if waiting:
        return ngettext(
            "%(count)s certificate is not out yet: see below when it comes.",
            "%(count)s certificates are not out yet: see below when they come.",
            waiting,
        ) % {"count": waiting}
    if series.boosters:
        return ngettext(
            "%(count)s more dose after it.", "%(count)s more doses after it.", series.boosters
        ) % {"count": series.boosters}
    return _("Each dose on record has its certificate.")
