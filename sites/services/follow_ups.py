"""People are asked how they are on days 1, 3, 7 and 28 after a dose: by SMS, once, by day.

The cost of a day's round follows the doses that are asked about and the number of sites, never the
doses on record: each site's doses of a day are read by the index of site and time. A dose that is
entered after the round of its day is not asked about on that day, but on the next ones.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext

from registration.selectors import Reached, phones_that_reach
from registration.services.sms import is_quiet, queue_sms
from sites.models import Dose, DoseStatus, FollowUp, FollowUpRound, Site
from vaxplatform.vietnam import TIME_ZONE, day_in_vietnam, start_of_day

ASKED_FROM = 8  # o'clock in Viet Nam: earlier would wake people
SITES_A_STEP = 50
DAY = datetime.timedelta(days=1)


def ask_how_people_are(now: datetime.datetime) -> int:
    """The chore: the questions of today, a step of sites in each transaction; how many were asked.
    Two at once share no step, and a step that was cut off leaves nothing behind."""
    if not settings.FOLLOW_UP_DAYS or is_quiet(now) or now.astimezone(TIME_ZONE).hour < ASKED_FROM:
        return 0
    today = day_in_vietnam(now)
    FollowUpRound.objects.get_or_create(asked_on=today)
    asked = 0
    while (done := _one_step(today, now)) is not None:
        asked += done
    return asked


@transaction.atomic
def _one_step(today: datetime.date, now: datetime.datetime) -> int | None:
    """Ask about the doses of the next sites; None where no site is left, or another asks."""
    unfinished = FollowUpRound.objects.select_for_update(skip_locked=True).filter(
        asked_on=today, finished_at=None
    )
    this_round = unfinished.first()
    if this_round is None:
        return None
    later = Site.objects.filter(pk__gt=this_round.up_to_site).order_by("pk")
    sites = list(later.values_list("pk", flat=True)[:SITES_A_STEP])
    if not sites:
        this_round.finished_at = now
        this_round.save(update_fields=["finished_at"])
        return None
    this_round.up_to_site = sites[-1]
    this_round.save(update_fields=["up_to_site"])
    return _ask(_doses_to_ask_about(sites, today), today, now)


def _doses_to_ask_about(sites: Sequence[int], today: datetime.date) -> list[Dose]:
    """The recorded doses of these sites that were given so many days ago, unless the person has
    said already how they are today."""
    days = Q()
    for day in settings.FOLLOW_UP_DAYS:
        begin = start_of_day(today - day * DAY)
        days |= Q(administered_at__gte=begin, administered_at__lt=begin + DAY)
    said = FollowUp.objects.filter(dose=OuterRef("pk"), answered_at__gte=start_of_day(today))
    return list(
        Dose.objects.filter(days, ~Exists(said), site__in=sites, status=DoseStatus.RECORDED)
        .select_related("citizen")
        .order_by("pk")
    )


def _ask(doses: Sequence[Dose], today: datetime.date, now: datetime.datetime) -> int:
    """One SMS to a phone, however many people it speaks for; who has no phone is not asked."""
    phones = phones_that_reach([dose.citizen for dose in doses])
    questions = [
        FollowUp(dose=dose, day=days_since(dose, today), asked_at=now)
        for dose in doses
        if dose.citizen_id in phones
    ]
    FollowUp.objects.bulk_create(questions, ignore_conflicts=True)
    reached = (phones[question.dose.citizen_id] for question in questions)
    _send({each.phone: each for each in reached}.values(), now)
    return len(questions)


def _send(reached: Iterable[Reached], now: datetime.datetime) -> None:
    """Nothing in it is medical, nobody is named, and it holds no link."""
    for each in reached:
        with translation.override(each.language):
            text = gettext(
                "Your health book has a short question for you today. Sign in on the vaccination "
                "site to answer it. In an emergency call 115."
            )
            queue_sms(phone=each.phone, text=text, now=now)


def days_since(dose: Dose, today: datetime.date) -> int:
    """Days in Viet Nam since the dose: 0 on its own day."""
    return (today - day_in_vietnam(dose.administered_at)).days
