"""The moves of a case that people at the desk and at the site make (docs/states.md)."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from certificates.services.issuance import try_again
from registration.models import Account
from response_center import exceptions
from response_center.access import may_answer, may_note, may_work
from response_center.models import (
    Case,
    CaseCause,
    CaseKind,
    CaseStatus,
    CaseVerb,
    RejectionReason,
)
from response_center.places import district_of, has_district_officer
from response_center.rules import CLAIM_FOR, HANDED_FOR, level_above
from response_center.services.correction_ends import end_corrections
from response_center.services.moves import (
    WORKED_BY_AGENTS,
    first_answer,
    log_event,
    move,
    move_at_site,
    move_held,
    tell_citizen,
)
from sites.models import Site
from sites.scoping import NotAllowed, posting_of

SITE_HAS_ANSWERED = _(
    "Vaccination: your report %(number)s has an answer from the site. Read it under Help."
)
CASE_HAS_NEWS = _("Vaccination: there is news on your report %(number)s. Read it under Help.")
CASE_IS_RESOLVED = _("Vaccination: your report %(number)s is resolved. Read the answer under Help.")
CASE_IS_REJECTED = _(
    "Vaccination: your report %(number)s could not be accepted. Read why, and what to do, "
    "under Help."
)


def _words(text: str) -> str:
    if not text.strip():
        raise exceptions.WordsMissing
    return text.strip()


@transaction.atomic
def claim_case(*, case: Case, agent: Account, now: datetime.datetime) -> Case:
    """Hold the case for 15 minutes, or hold one's own case 15 minutes longer.

    Raises NotAllowed, CaseHeld (by whom, until when), CaseHasMoved or CaseClosed.
    """
    posting = posting_of(agent)
    if not may_work(posting, case):
        raise NotAllowed
    was_mine = Case.objects.filter(pk=case.pk, claimed_by=agent, claimed_until__gt=now).exists()
    free = Q(claimed_by=None) | Q(claimed_until__lte=now) | Q(claimed_by=agent)
    rows = Case.objects.filter(free, status__in=WORKED_BY_AGENTS)
    move(case, rows, agent=agent, now=now, claimed_by=agent, claimed_until=now + CLAIM_FOR)
    if not may_work(posting, case):  # asked again of the row now held: it may have gone up
        raise NotAllowed
    if not was_mine:
        log_event(case=case, verb=CaseVerb.CLAIMED, at=now, by=agent, is_public=False)
    return case


@transaction.atomic
def claim_most_urgent(
    *, rows: "QuerySet[Case]", agent: Account, now: datetime.datetime
) -> Case | None:
    """Hold the most urgent open case of `rows` that nobody holds; None where there is none. Two
    agents at once get two cases. Raises as `claim_case` does."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    open_ones = rows.filter(free, status=CaseStatus.OPEN).order_by("urgency", "due_at", "pk")
    case = open_ones.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    return claim_case(case=case, agent=agent, now=now) if case is not None else None


@transaction.atomic
def release_case(*, case: Case, agent: Account, now: datetime.datetime) -> Case:
    """Give the case back to the queue. Raises as `move_held` does."""
    move_held(case, agent=agent, now=now, frm=WORKED_BY_AGENTS)
    log_event(case=case, verb=CaseVerb.RELEASED, at=now, by=agent, is_public=False)
    return case


@transaction.atomic
def hand_over(
    *, case: Case, agent: Account, to: Account, note: str, now: datetime.datetime
) -> Case:
    """Give the case one holds to a colleague, who holds it for two hours from now.

    Raises CannotTakeOver (another level or place, or oneself), WordsMissing, and as `move_held`
    does.
    """
    words = _words(note)
    rows = Case.objects.filter(claimed_by=agent, claimed_until__gt=now, status__in=WORKED_BY_AGENTS)
    move(case, rows, agent=agent, now=now, claimed_by=to, claimed_until=now + HANDED_FOR)
    if not may_work(posting_of(agent), case):
        raise NotAllowed
    if to == agent or not may_work(posting_of(to), case):
        raise exceptions.CannotTakeOver
    text = f"{to.get_full_name()}: {words}"
    log_event(case=case, verb=CaseVerb.HANDED_OVER, at=now, by=agent, note=text, is_public=False)
    return case


@transaction.atomic
def note_case(*, case: Case, by: Account, words: str, now: datetime.datetime) -> Case:
    """A note that only staff read; it needs no claim, and a closed case takes it too.

    Raises NotAllowed or WordsMissing.
    """
    if not may_note(posting_of(by), case):
        raise NotAllowed
    note = _words(words)
    log_event(case=case, verb=CaseVerb.NOTED, at=now, by=by, note=note, is_public=False)
    return case


@transaction.atomic
def inform_citizen(*, case: Case, agent: Account, words: str, now: datetime.datetime) -> Case:
    """Write to the person without closing the case: a question, or how it stands. The case stays
    with the agent. Raises NotAllowed, WordsMissing, CaseNotClaimed, CaseHeld or CaseClosed."""
    if not may_work(posting_of(agent), case):
        raise NotAllowed
    note = _words(words)
    rows = Case.objects.filter(claimed_by=agent, claimed_until__gt=now, status__in=WORKED_BY_AGENTS)
    move(case, rows, agent=agent, now=now, first_answer_at=first_answer(now))
    log_event(case=case, verb=CaseVerb.INFORMED, at=now, by=agent, note=note)
    tell_citizen(case=case, text=CASE_HAS_NEWS, now=now)
    return case


@transaction.atomic
def ask_site(
    *, case: Case, agent: Account, question: str, now: datetime.datetime, site: Site | None = None
) -> Case:
    """Send the case with a question to its site, or to `site`; the citizen sees where it is.

    Raises CaseHasNoSite, WordsMissing, and as `move_held` does.
    """
    asked = site or case.site
    if asked is None:
        raise exceptions.CaseHasNoSite
    note = _words(question)
    move_held(
        case,
        agent=agent,
        now=now,
        status=CaseStatus.WITH_SITE,
        site=asked,
        province_id=asked.province_id,
        district_id=district_of(site=asked),
    )
    log_event(case=case, verb=CaseVerb.ASKED_SITE, at=now, by=agent, note=note)
    return case


@transaction.atomic
def answer_case(*, case: Case, by: Account, answer: str, now: datetime.datetime) -> Case:
    """The site's finding or question: back to the desk, and for the citizen to read.

    Raises WordsMissing, and as `move_at_site` does.
    """
    note = _words(answer)
    move_at_site(case, by=by, now=now, status=CaseStatus.OPEN)
    log_event(case=case, verb=CaseVerb.ANSWERED, at=now, by=by, note=note)
    tell_citizen(case=case, text=SITE_HAS_ANSWERED, now=now)
    return case


@transaction.atomic
def resolve_case(
    *, case: Case, agent: Account, answer: str, now: datetime.datetime, cause: str = ""
) -> Case:
    """Close the case with an answer in words, and what was behind it (a CaseCause), if known.

    Raises WordsMissing, and as `move_held` does.
    """
    note = _words(answer)
    found: dict[str, Any] = {"cause": cause} if cause in CaseCause.values else {}
    move_held(
        case,
        agent=agent,
        now=now,
        status=CaseStatus.RESOLVED,
        closed_at=now,
        first_answer_at=first_answer(now),
        **found,
    )
    end_corrections(case=case, now=now)
    log_event(case=case, verb=CaseVerb.RESOLVED, at=now, by=agent, note=note)
    tell_citizen(case=case, text=CASE_IS_RESOLVED, now=now)
    return case


@transaction.atomic
def reject_case(
    *, case: Case, by: Account, reason: str, words: str, now: datetime.datetime
) -> Case:
    """Close the case with a RejectionReason and words on how to put it right.

    By the asked site (or its province) while the case is there, else by the agent who holds it.
    Raises ReasonMissing, WordsMissing, and as `move_at_site` or `move_held` do.
    """
    if reason not in RejectionReason.values:
        raise exceptions.ReasonMissing
    note = _words(words)
    end = {"status": CaseStatus.REJECTED, "rejection_reason": reason, "closed_at": now}
    if case.status == CaseStatus.WITH_SITE and may_answer(posting_of(by), case):
        move_at_site(case, by=by, now=now, **end)
    else:
        move_held(
            case,
            agent=by,
            now=now,
            frm=WORKED_BY_AGENTS,
            first_answer_at=first_answer(now),
            **end,
        )
    end_corrections(case=case, now=now, by=by, reason=reason)
    log_event(case=case, verb=CaseVerb.REJECTED, at=now, by=by, note=note)
    tell_citizen(case=case, text=CASE_IS_REJECTED, now=now)
    return case


@transaction.atomic
def escalate(*, case: Case, agent: Account, reason: str, now: datetime.datetime) -> Case:
    """Pass the case up: site → district → province → Ministry; a district where nobody is posted
    is passed over. The time promised to the citizen stays.

    Raises AlreadyAtTheTop, WordsMissing, and as `move_held` does.
    """
    note = _words(reason)
    above = level_above(
        case.level,
        has_province=case.province_id is not None,
        has_district=has_district_officer(case),
    )
    if above is None:
        raise exceptions.AlreadyAtTheTop
    move_held(case, agent=agent, now=now, frm=WORKED_BY_AGENTS, status=CaseStatus.OPEN, level=above)
    log_event(case=case, verb=CaseVerb.ESCALATED, at=now, by=agent, note=note)
    return case


@transaction.atomic
def retry_certificate(*, case: Case, agent: Account, now: datetime.datetime) -> Case:
    """Put the dose of a stuck certificate back into the queue, after its cause was mended.

    The case waits for the certificate, and comes back if that fails again (services.rounds).
    Raises NotAllowed for another kind of case, the queue's NothingToRetry, and as `move_held` does.
    """
    if case.kind != CaseKind.STUCK_CERTIFICATE or case.dose is None:
        raise NotAllowed
    move_held(case, agent=agent, now=now, status=CaseStatus.AWAITING)
    try_again(job=case.dose.issuance)
    log_event(case=case, verb=CaseVerb.RETRIED, at=now, by=agent, is_public=False)
    return case
