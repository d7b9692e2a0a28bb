"""A reported dose that its site has typed into its list, or sent in a file, without a word."""

import datetime

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from response_center.models import Case, CaseEvent, CaseKind, CaseStatus, CaseVerb
from response_center.services.moves import FREE, WORKED_BY_AGENTS, first_answer
from sites.models import Dose, DoseStatus

SET = 500


def _typed() -> "QuerySet[Dose]":
    """The doses of the case's person on the day, or with the number, that the person named, which
    came on record after the report."""
    same_day = Q(administered_at__date=OuterRef("said_administered_on"))
    same_number = Q(dose_number=OuterRef("said_dose_number"))
    rows = Dose.objects.filter(
        same_day | same_number,
        citizen=OuterRef("citizen"),
        status=DoseStatus.RECORDED,
        recorded_at__gt=OuterRef("opened_at"),
    )
    return rows.order_by("-recorded_at")


@transaction.atomic
def link_typed_doses(now: datetime.datetime) -> int:
    """Let the reports of a missing dose that is on record by now wait for its certificate; those
    that an agent works on are left to them. Returns how many cases moved."""
    unheld = Q(claimed_until=None) | Q(claimed_until__lte=now)
    rows = Case.objects.filter(
        unheld,
        Q(said_administered_on__isnull=False) | Q(said_dose_number__isnull=False),
        kind=CaseKind.NO_CERTIFICATE,
        status__in=WORKED_BY_AGENTS,
        citizen__isnull=False,
    )
    found = rows.annotate(typed=Subquery(_typed().values("pk")[:1])).filter(typed__isnull=False)
    held = found.select_for_update(skip_locked=True, no_key=True, of=("self",))
    cases = list(held.order_by("due_at")[:SET])
    for case in cases:
        case.dose_id = case.typed
        Case.objects.filter(pk=case.pk).update(
            status=CaseStatus.AWAITING,
            dose=case.dose_id,
            first_answer_at=first_answer(now),
            **FREE,
        )
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, verb=CaseVerb.DOSE_CONFIRMED, at=now, by=None) for case in cases
    )
    return len(cases)
