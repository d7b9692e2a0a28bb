"""What may be done with a case, one action a POST: its form, its service, its sentence."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

from registration.models import Account
from response_center import access
from response_center.forms.desk import AskForm, ConfirmDoseForm, RejectForm, WordsForm
from response_center.models import Case, CaseKind, CaseLevel, CaseStatus
from response_center.services import cases as moves
from response_center.services.missing_dose import confirm_dose
from response_center.services.moves import WORKED_BY_AGENTS
from sites.models import StaffPosting

Run = Callable[[Case, Any, Any, datetime.datetime], Any]


@dataclass(frozen=True)
class Action:
    """Something that may be done with a case: `run(case, account, cleaned form, now)`."""

    make_form: Callable[[Case, Any], BaseForm] | None
    run: Run
    done: Any


def _words(prefix: str, label: Any, hint: Any) -> Callable[[Case, Any], BaseForm]:
    return lambda _case, data: WordsForm(data, label=label, hint=hint, prefix=prefix)


ACTIONS: dict[str, Action] = {
    "claim": Action(
        None,
        lambda case, by, _form, now: moves.claim_case(case=case, agent=by, now=now),
        _("The case is yours for 15 minutes."),
    ),
    "release": Action(
        None,
        lambda case, by, _form, now: moves.release_case(case=case, agent=by, now=now),
        _("The case is back in the queue."),
    ),
    "retry": Action(
        None,
        lambda case, by, _form, now: moves.retry_certificate(case=case, agent=by, now=now),
        _("The certificate is tried again."),
    ),
    "ask": Action(
        lambda case, data: AskForm(data, case=case, prefix="ask"),
        lambda case, by, form, now: moves.ask_site(
            case=case,
            agent=by,
            question=form.cleaned_data["words"],
            site=form.cleaned_data["chosen_site"],
            now=now,
        ),
        _("The case is with the site now."),
    ),
    "answer": Action(
        _words("answer", _("Your answer"), _("The person reads this, and the response centre.")),
        lambda case, by, form, now: moves.answer_case(
            case=case, by=by, answer=form.cleaned_data["words"], now=now
        ),
        _("The answer is sent."),
    ),
    "resolve": Action(
        _words("resolve", _("Answer to the person"), _("What was found, and what is right now.")),
        lambda case, by, form, now: moves.resolve_case(
            case=case, agent=by, answer=form.cleaned_data["words"], now=now
        ),
        _("The case is resolved; the person is told."),
    ),
    "escalate": Action(
        _words("escalate", _("Why it must go up"), _("Only staff read this.")),
        lambda case, by, form, now: moves.escalate(
            case=case, agent=by, reason=form.cleaned_data["words"], now=now
        ),
        _("The case is with the next level now."),
    ),
    "reject": Action(
        lambda _case, data: RejectForm(data, prefix="reject"),
        lambda case, by, form, now: moves.reject_case(
            case=case,
            by=by,
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            now=now,
        ),
        _("The case is closed; the person is told why."),
    ),
    "confirm": Action(
        lambda case, data: ConfirmDoseForm(data, case=case, prefix="confirm"),
        lambda case, by, form, now: confirm_dose(case=case, by=by, paper=form.paper(), now=now),
        _("The dose is recorded. Its certificate comes within 30 minutes, and the case closes."),
    ),
}
AT_SITE = ("confirm", "answer", "reject")
HELD = ("claim", "release", "ask", "resolve", "escalate", "reject")
HELD_AT_SITE = ("claim", "release", "escalate", "reject")
STUCK = ("claim", "release", "retry", "ask")


def actions_for(
    case: Case, posting: StaffPosting, account: Account, now: datetime.datetime
) -> tuple[str, ...]:
    """What this login may do with the case as it stands; the services ask again."""
    at_site = case.status == CaseStatus.WITH_SITE and access.may_answer(posting, case)
    if at_site:
        missing = case.kind == CaseKind.NO_CERTIFICATE and access.may_confirm(posting, case)
        return AT_SITE if missing else AT_SITE[1:]
    if case.status not in WORKED_BY_AGENTS or not access.may_work(posting, case):
        return ()
    mine = case.claimed_by_id == account.pk and case.claimed_until and case.claimed_until > now
    if not mine:
        return ("claim",)
    if case.kind == CaseKind.STUCK_CERTIFICATE:
        # Words do not mend it: its case ends with the certificate, or with the dose.
        return ("claim", "release") if case.status == CaseStatus.WITH_SITE else STUCK
    held = HELD_AT_SITE if case.status == CaseStatus.WITH_SITE else HELD
    top = case.level == CaseLevel.MINISTRY
    return tuple(name for name in held if not (top and name == "escalate"))
