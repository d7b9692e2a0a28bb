"""What a row runs into on record: the same dose, another dose in its place, too few days."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.db.models import Count

from sites import exceptions
from sites.imports.rows import Reason
from sites.models import Dose, DoseStatus, IntervalRule, Site
from sites.rules import GivenDose
from sites.services.doses import DoseItem, interval_refusal
from vaxplatform.vietnam import day_in_vietnam

History = Mapping[int, Sequence[Dose]]  # citizen → recorded doses, in the order they were given


def histories(citizens: Iterable[int]) -> History:
    found: defaultdict[int, list[Dose]] = defaultdict(list)
    people = set(citizens)
    doses = Dose.objects.filter(citizen__any=people, status=DoseStatus.RECORDED)
    for dose in doses.select_related("vaccine", "site__province").order_by("administered_at"):
        found[dose.citizen_id].append(dose)
    return found


def same_dose(*, item: DoseItem, history: Sequence[Dose]) -> Dose | None:
    """The same injection, whoever entered it: one number, one vaccine, one day. With another
    number it contradicts the record, and a person must look."""
    facts = item.dose_number, item.vaccine_code, day_in_vietnam(item.administered_at)
    for dose in history:
        if (dose.dose_number, dose.vaccine.code, _day(dose)) == facts:
            return dose
    return None


def on_record(dose: Dose) -> Reason:
    """Says of a row that its dose is on record, or was until it was voided."""
    if dose.status == DoseStatus.VOIDED:
        return Reason.of(exceptions.DoseWasVoided(number=dose.dose_number))
    return Reason.of(
        exceptions.DoseOnRecord(
            number=dose.dose_number, day=f"{day_in_vietnam(dose.recorded_at):%d/%m/%Y}"
        )
    )


def other_dose(*, item: DoseItem, history: Sequence[Dose], site: Site) -> Reason | None:
    """The dose that stands in the way of this one, told as far as this site may know it: of a dose
    given elsewhere the province only."""
    day, number = day_in_vietnam(item.administered_at), item.dose_number
    for dose in history:
        clashes = (
            dose.dose_number == number
            or _day(dose) == day
            or (dose.dose_number < number) != (_day(dose) < day)
        )
        if clashes:
            facts: dict[str, Any] = {"number": dose.dose_number, "day": f"{_day(dose):%d/%m/%Y}"}
            if dose.site_id == site.pk:
                return Reason.of(exceptions.OtherDose(**facts))
            province = dose.site.province.name
            return Reason.of(exceptions.OtherDoseElsewhere(**facts, province=province))
    return None


def interval_notes(*, doses: Sequence[Dose], province_id: int) -> dict[int, Reason]:
    """Doses among these that lie too near to the one before or after, by their id.

    A dose on paper is not refused for it (ADR 9); whoever sent the file should look again.
    """
    mine = {dose.pk for dose in doses}
    if not mine:
        return {}
    people = {dose.citizen_id for dose in doses}
    of_several = (
        Dose.objects.filter(citizen__any=people, status=DoseStatus.RECORDED)
        .values_list("citizen", flat=True)
        .annotate(doses=Count("pk"))
        .filter(doses__gt=1)
    )
    rules = list(IntervalRule.objects.all())
    notes: dict[int, Reason] = {}
    for history in histories(of_several).values():
        for earlier, later in pairwise(history):
            refusal = interval_refusal(
                new=_given(later), others=[_given(earlier)], rules=rules, province_id=province_id
            )
            about = later.pk if later.pk in mine else earlier.pk
            if refusal is not None and about in mine:
                notes.setdefault(about, Reason.of(refusal))
    return notes


def _given(dose: Dose) -> GivenDose:
    return GivenDose(dose.dose_number, dose.dose_kind, dose.vaccine_id, _day(dose))


def _day(dose: Dose) -> datetime.date:
    return day_in_vietnam(dose.administered_at)
