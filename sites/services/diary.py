"""The diary after a dose: what the household says, and what the site makes of it."""

import datetime
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registration.models import Account
from registration.services.households import require_member
from sites import aefi_exceptions, aefi_rules, rights
from sites.models import AefiAnswer, AefiReport, Dose, DoseStatus, FollowUp
from sites.rights import require_action
from sites.scoping import NotAllowed, scope_to_posting
from sites.services.aefi import report_aefi
from sites.services.follow_ups import days_since
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

GRAVITY = (AefiAnswer.WELL, AefiAnswer.MILD, AefiAnswer.UNWELL)  # the gravest last


class DiaryClosed(DomainError):
    code = "diary_closed"
    message = _("The diary of this dose is closed: it is kept for 28 days after the dose.")


class GraverAnswerStands(DomainError):
    """A day's gravest answer is kept, so that nobody's warning is lost by a second press."""

    code = "graver_answer_stands"
    message = _(
        "You told us today already that something is not right, and the site sees it. If it is "
        "better now, say so tomorrow."
    )


class AnswerHandled(DomainError):
    code = "answer_handled"
    message = _("Somebody has looked at this answer already.")


@transaction.atomic
def answer_follow_up(
    *,
    dose: Dose,
    account: Account,
    answer: str,
    symptoms: Collection[str],
    now: datetime.datetime,
    words: str = "",
) -> FollowUp:
    """How the person is today, `days_since` the dose. Said again the same day, the graver answer is
    kept; as grave, the newer signs and words are, and the site looks at them anew.

    Raises NotInHousehold, SignUnknown, EventOfVoidedDose, DiaryClosed and GraverAnswerStands.
    """
    require_member(account=account, citizen=dose.citizen)
    known = aefi_rules.symptoms()
    if not set(symptoms) <= {code for code, sign in known.items() if sign.is_asked_at_home}:
        raise aefi_exceptions.SignUnknown
    locked = Dose.objects.select_for_update(no_key=True, of=("self",)).get(pk=dose.pk)
    if locked.status != DoseStatus.RECORDED:
        raise aefi_exceptions.EventOfVoidedDose
    day = days_since(locked, day_in_vietnam(now))
    if not 0 <= day <= aefi_rules.WATCHED_DAYS:
        raise DiaryClosed
    codes = [code for code in known if code in symptoms]
    graded = aefi_rules.graded_answer(answer=answer, signs=[known[code] for code in codes])
    said = FollowUp.objects.get_or_create(dose=locked, day=day)[0]
    milder = ("", *GRAVITY[: GRAVITY.index(graded) + 1])
    changed = FollowUp.objects.filter(pk=said.pk, answer__in=milder).update(
        answer=graded,
        symptoms=codes,
        words=words,
        answered_at=now,
        handled_at=None,
        handled_by=None,
        report=None,
    )
    if not changed:
        raise GraverAnswerStands
    said.refresh_from_db()
    return said


def handle_answer(
    *, answer: FollowUp, by: Account, now: datetime.datetime, report: AefiReport | None = None
) -> None:
    """Somebody of the site has looked at an answer "unwell", and has made `report` of it or found
    that none is needed. Raises NotAllowed and AnswerHandled."""
    posting = require_action(by, rights.REPORT_AEFI)
    if not scope_to_posting(Dose.objects.filter(pk=answer.dose_id), posting).exists():
        raise NotAllowed
    waiting = Q(pk=answer.pk, answer=AefiAnswer.UNWELL, handled_at=None)
    if not FollowUp.objects.filter(waiting, answered_at=answer.answered_at).update(
        handled_at=now, handled_by=by, report=report
    ):
        raise AnswerHandled


@transaction.atomic
def report_answer(
    *, answer: FollowUp, by: Account, now: datetime.datetime, **facts: Any
) -> AefiReport:
    """Make a report of an answer, with the `facts` that `report_aefi` takes; raises as it does, and
    AnswerHandled: of two who press at once one makes it."""
    report = report_aefi(dose=answer.dose, by=by, now=now, **facts)
    handle_answer(answer=answer, by=by, now=now, report=report)
    return report
