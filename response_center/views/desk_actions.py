"""What may be done with a case, one action a POST: its form, its service, its sentence."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registration.models import Account
from response_center import access
from response_center.forms.desk import (
    AskForm,
    ConfirmDoseForm,
    HandOverForm,
    LetInForm,
    MergeForm,
    RejectForm,
    ResolveForm,
    WordsForm,
)
from response_center.models import AnswerUse, Case, CaseKind, CaseLevel, CaseStatus
from response_center.services import cases as moves
from response_center.services.answers import fill_template, templates_for
from response_center.services.letting_in import asks_to_be_let_in, let_phone_in
from response_center.services.merging import merge_cases, split_case
from response_center.services.missing_dose import confirm_dose, refuse_dose
from response_center.services.moves import WORKED_BY_AGENTS
from sites.models import StaffPosting
from vaxplatform.formatting import is_english

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
    "inform": Action(
        _words("inform", _("Message to the person"), _("The case stays open and stays yours.")),
        lambda case, by, form, now: moves.inform_citizen(
            case=case, agent=by, words=form.cleaned_data["words"], now=now
        ),
        _("The message is sent; the person is told by SMS."),
    ),
    "hand_over": Action(
        lambda case, data: HandOverForm(data, case=case, prefix="hand_over"),
        lambda case, by, form, now: moves.hand_over(
            case=case,
            agent=by,
            to=form.cleaned_data["colleague"].account,
            note=form.cleaned_data["words"],
            now=now,
        ),
        _("Your colleague has the case for two hours."),
    ),
    "note": Action(
        _words("note", _("Note"), _("Only staff read this.")),
        lambda case, by, form, now: moves.note_case(
            case=case, by=by, words=form.cleaned_data["words"], now=now
        ),
        _("The note is kept."),
    ),
    "merge": Action(
        lambda case, data: MergeForm(data, case=case, prefix="merge"),
        lambda case, by, form, now: merge_cases(
            cases=form.cleaned_data["cases"], into=case, by=by, now=now
        ),
        _("The reports are one case now."),
    ),
    "let_in": Action(
        lambda _case, data: LetInForm(data, prefix="let_in"),
        lambda case, by, form, now: let_phone_in(
            case=case, agent=by, papers=form.cleaned_data["papers"], now=now
        ),
        _("Done. Where another phone sees the record, it has 24 hours to refuse."),
    ),
    "split": Action(
        None,
        lambda case, by, _form, now: split_case(case=case, by=by, now=now),
        _("The report is a case of its own again."),
    ),
    "resolve": Action(
        lambda case, data: ResolveForm(
            data, prefix="resolve", initial={"cause": case.cause} if case.cause else None
        ),
        lambda case, by, form, now: moves.resolve_case(
            case=case,
            agent=by,
            answer=form.cleaned_data["words"],
            cause=form.cleaned_data["cause"],
            now=now,
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
    "no_dose": Action(
        lambda _case, data: RejectForm(data, prefix="no_dose"),
        lambda case, by, form, now: refuse_dose(
            case=case,
            by=by,
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            now=now,
        ),
        _("The report is closed; the person is told why, and may object once."),
    ),
}
AT_SITE = ("confirm", "answer", "reject")
MISSING_AT_SITE = ("confirm", "answer", "no_dose")
HELD = (
    "claim",
    "release",
    "ask",
    "inform",
    "resolve",
    "escalate",
    "reject",
    "hand_over",
    "merge",
)
HELD_AT_SITE = ("claim", "release", "inform", "escalate", "reject", "hand_over", "merge")
STUCK = ("claim", "release", "retry", "ask", "hand_over")
STUCK_AT_SITE = ("claim", "release", "hand_over")


def actions_for(
    case: Case, posting: StaffPosting, account: Account, now: datetime.datetime
) -> tuple[str, ...]:
    """What this login may do with the case as it stands; the services ask again."""
    notes = ("note",) if access.may_note(posting, case) else ()
    return (*_moves_for(case, posting, account, now), *notes)


def _moves_for(
    case: Case, posting: StaffPosting, account: Account, now: datetime.datetime
) -> tuple[str, ...]:
    if case.status == CaseStatus.WITH_SITE and access.may_answer(posting, case):
        if case.kind != CaseKind.NO_CERTIFICATE:
            return AT_SITE[1:]
        return MISSING_AT_SITE if access.may_confirm(posting, case) else MISSING_AT_SITE[1:]
    if not access.may_work(posting, case):
        return ()
    if case.status == CaseStatus.MERGED:
        return ("split",)
    if case.status not in WORKED_BY_AGENTS:
        return ()
    if not (case.claimed_by_id == account.pk and case.claimed_until and case.claimed_until > now):
        return ("claim",)
    return _held_moves(case)


def _held_moves(case: Case) -> tuple[str, ...]:
    at_site = case.status == CaseStatus.WITH_SITE
    if case.kind == CaseKind.STUCK_CERTIFICATE:
        # Words do not mend it: its case ends with the certificate, or with the dose.
        return STUCK_AT_SITE if at_site else STUCK
    top = case.level == CaseLevel.MINISTRY
    held = HELD_AT_SITE if at_site else HELD
    asks = ("let_in",) if asks_to_be_let_in(case) else ()
    return (*asks, *(name for name in held if not (top and name == "escalate")))


# ── texts to start from ───────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Text:
    """A text for one action's field, with the case's facts in it."""

    code: str
    title: str
    filled: str
    into: str


USED_FOR = {
    "resolve": AnswerUse.RESOLVE,
    "inform": AnswerUse.RESOLVE,
    "reject": AnswerUse.REJECT,
    "no_dose": AnswerUse.REJECT,
    "ask": AnswerUse.ASK_SITE,
    "answer": AnswerUse.SITE_ANSWER,
}


def texts_for(case: Case, allowed: Sequence[str]) -> dict[str, list[Text]]:
    """The texts of each allowed action; those to the person are in the person's language."""
    uses = {USED_FOR[name].value for name in allowed if name in USED_FOR}
    if not uses:
        return {}
    rows = templates_for(case, tuple(uses))
    english = is_english(get_language())
    return {
        name: [
            Text(
                code=row.code,
                title=row.title_en if english else row.title_vi,
                filled=fill_template(row, case),
                into=f"id_{name}-words",
            )
            for row in rows
            if row.use == USED_FOR[name]
        ]
        for name in allowed
        if name in USED_FOR
    }


def fill_form(form: BaseForm, texts: Sequence[Text], code: str) -> bool:
    """Put the chosen text into the form's field; whether there is such a text."""
    chosen = next((text for text in texts if text.code == code), None)
    if chosen is not None:
        form.initial["words"] = chosen.filled
    return chosen is not None
