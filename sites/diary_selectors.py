"""The diary after a dose as the household sees it."""

import datetime
from dataclasses import dataclass

from django.utils.translation import get_language

from registration.models import Citizen
from sites import aefi_rules
from sites.models import AefiAnswer, Dose, DoseStatus, FollowUp
from sites.services.follow_ups import days_since
from vaxplatform.vietnam import day_in_vietnam

TAGS = {AefiAnswer.WELL: "ok", AefiAnswer.MILD: "warn", AefiAnswer.UNWELL: "bad"}


@dataclass(frozen=True)
class DiaryLine:
    """What was said on a day; `signs` in the reader's language."""

    said: FollowUp
    tag: str
    signs: str


@dataclass(frozen=True)
class Diary:
    """The diary of the last dose, open for 28 days: `day` is today's, `today` what was said today,
    `is_asked` whether the question of today waits; the newest line first."""

    dose: Dose
    day: int
    today: DiaryLine | None
    is_asked: bool
    lines: list[DiaryLine]


def diary_of(citizen: Citizen, *, now: datetime.datetime) -> Diary | None:
    """None where the last dose is more than 28 days ago, or there is none."""
    recorded = Dose.objects.filter(citizen=citizen, status=DoseStatus.RECORDED)
    dose = recorded.select_related("vaccine", "site").order_by("-administered_at").first()
    if dose is None:
        return None
    day = days_since(dose, day_in_vietnam(now))
    if not 0 <= day <= aefi_rules.WATCHED_DAYS:
        return None
    rows = list(dose.follow_ups.order_by("-day"))
    lines = [_line(row) for row in rows if row.answer]
    return Diary(
        dose=dose,
        day=day,
        today=next((line for line in lines if line.said.day == day), None),
        is_asked=any(row.day == day and row.asked_at and not row.answer for row in rows),
        lines=lines,
    )


def _line(said: FollowUp) -> DiaryLine:
    known, language = aefi_rules.symptoms(), get_language() or "vi"
    signs = (known[code].label(language) for code in said.symptoms if code in known)
    return DiaryLine(said, TAGS[AefiAnswer(said.answer)], ", ".join(signs))
