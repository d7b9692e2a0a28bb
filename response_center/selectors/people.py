"""Pairs of records that may be one person, as those who judge see them."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from registration.models import AdministrativeUnit, Citizen, DocumentKind, IdentityDocument
from response_center.corrected import Part, parts
from response_center.models import DuplicatePair, DuplicateSign, PairStatus
from response_center.services.joining import MOVED
from sites.models import Dose, DoseStatus, Visit
from vaxplatform import formatting
from vaxplatform.vietnam import mask_id, mask_phone

COUNTED_AT_MOST = 1000
WAITING_SHOWN = 50


class PairList(models.TextChoices):
    """The lists of pairs."""

    TO_JUDGE = "to-judge", _("To judge")
    JOINED = "joined", _("Joined")
    TWO_PERSONS = "two-persons", _("Two persons")
    APART = "apart", _("Taken apart")


IN_LIST: dict[PairList, str] = {
    PairList.TO_JUDGE: PairStatus.FOUND,
    PairList.JOINED: PairStatus.MERGED,
    PairList.TWO_PERSONS: PairStatus.DIFFERENT,
    PairList.APART: PairStatus.REVERSED,
}


@dataclass(frozen=True)
class PairFilters:
    sign: str = ""
    province: AdministrativeUnit | None = None

    def apply(self, rows: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
        if self.sign in DuplicateSign.values:
            rows = rows.filter(sign=self.sign)
        if self.province is not None:
            lives_there = Q(kept__province=self.province) | Q(merged__province=self.province)
            rows = rows.filter(lives_there)
        return rows


def _pairs() -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.select_related(
        "kept__province", "merged__province", "proposed_by", "decided_by", "reversed_by"
    )


def pair_by_number(public_id: uuid.UUID) -> DuplicatePair | None:
    return _pairs().filter(public_id=public_id).first()


def _to_judge() -> QuerySet[DuplicatePair]:
    """Without those of which one record leads elsewhere by now: that one is judged instead."""
    return _pairs().filter(kept__merged_into=None, merged__merged_into=None)


def pairs_in(chosen: PairList, filters: PairFilters) -> QuerySet[DuplicatePair]:
    """The likeliest first; what is decided, the latest first."""
    if chosen == PairList.TO_JUDGE:
        rows = _to_judge().filter(status=PairStatus.FOUND).order_by("-score", "found_at", "pk")
    else:
        rows = _pairs().filter(status=IN_LIST[chosen]).order_by("-decided_at", "-pk")
    return filters.apply(rows)


def pairs_for_a_second(filters: PairFilters) -> QuerySet[DuplicatePair]:
    """Those that one person called the same, the longest waiting first."""
    rows = _to_judge().filter(status=PairStatus.PROPOSED).order_by("proposed_at", "pk")
    return filters.apply(rows)


def count_pairs(rows: QuerySet[DuplicatePair]) -> int:
    """As far as COUNTED_AT_MOST."""
    return rows.order_by()[:COUNTED_AT_MOST].count()


# ── side by side ──────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class FieldOfTwo:
    """One field of both records in words, marked where they differ. `is_hidden`: what differs is
    in the part of a number that is not shown."""

    label: str | Promise
    old_parts: list[Part]
    new_parts: list[Part]
    is_same: bool
    is_hidden: bool


def fields_of_two(one: Citizen, other: Citizen) -> list[FieldOfTwo]:
    """Both records field by field; papers and phones without their middle."""
    papers = [_papers(one), _papers(other)]
    rows: list[tuple[str | Promise, str, str, str, str]] = [
        (label, *values, *values) for label, values in _plain(one, other)
    ]
    shown = (mask_phone(one.phone), mask_phone(other.phone))
    rows.append((_("Phone"), one.phone, other.phone, *shown))
    for kind in DocumentKind:
        numbers = [numbers_.get(kind, "") for numbers_ in papers]
        if any(numbers):
            rows.append((kind.label, *numbers, *map(mask_id, numbers)))  # type: ignore[arg-type]
    return [_field(*row) for row in rows if row[1] or row[2]]


def _plain(one: Citizen, other: Citizen) -> list[tuple[str | Promise, tuple[str, str]]]:
    both = (one, other)
    columns: list[tuple[str | Promise, list[str]]] = [
        (_("Full name"), [c.full_name for c in both]),
        (_("Date of birth"), [formatting.partial_date(c.date_of_birth) for c in both]),
        (_("Sex"), [str(c.get_sex_display()) for c in both]),
        (_("Nationality"), [c.nationality for c in both]),
        (_("Province or city"), [c.province.name for c in both]),
        (_("Ward or commune"), [c.ward.name if c.ward else "" for c in both]),
        (_("Address"), [c.address for c in both]),
        (_("Identity check"), [str(c.get_identity_check_display()) for c in both]),
        (_("On record since"), [formatting.day(c.created_at) for c in both]),
    ]
    return [(label, (values[0], values[1])) for label, values in columns]


def _papers(citizen: Citizen) -> dict[str, str]:
    return {paper.kind: paper.number for paper in citizen.documents.all()}


def _field(label: str | Promise, one: str, other: str, shown: str, beside: str) -> FieldOfTwo:
    texts = [
        text if value else formatting.NO_DATA for value, text in ((one, shown), (other, beside))
    ]
    if one and other:
        old, new = parts(*texts)
    else:
        old, new = ([Part(text, False)] for text in texts)
    return FieldOfTwo(label, old, new, one == other, one != other and shown == beside)


@dataclass(frozen=True)
class DoseOfTwo:
    """A dose on either record; `is_believed`: a certificate of it is out and stands."""

    dose: Dose
    is_believed: bool
    is_voided: bool


def doses_beside(one: Citizen, other: Citizen) -> list[tuple[Citizen, list[DoseOfTwo]]]:
    """For each of the two records its doses in their order."""
    rows = Dose.objects.filter(citizen__in=(one, other)).select_related("vaccine", "lot", "site")
    doses = list(rows.order_by("administered_at", "pk"))
    out = set(
        Certificate.objects.believed().filter(dose__in=doses).values_list("dose_id", flat=True)
    )
    return [
        (
            citizen,
            [
                DoseOfTwo(dose, dose.pk in out, dose.status == DoseStatus.VOIDED)
                for dose in doses
                if dose.citizen_id == citizen.pk
            ],
        )
        for citizen in (one, other)
    ]


# ── taking apart ──────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class GoesBack:
    """What would go back to the record that was joined, and what came since and stays."""

    moved: list[tuple[str | Promise, int]]
    doses: list[Dose]
    staying: list[Dose]


_WORDS: dict[type[models.Model], str | Promise] = {
    Dose: _("Doses"),
    IdentityDocument: _("Identity papers"),
    Visit: _("Visits to vaccination sites"),
}


def goes_back(pair: DuplicatePair) -> GoesBack:
    """Only what still hangs on the record that was kept goes back."""
    counts: list[tuple[str | Promise, int]] = []
    for model in MOVED:
        keys = pair.moved.get(model._meta.label, [])
        there = model._default_manager.filter(pk__in=keys, citizen=pair.kept_id).count()
        counts.append((_WORDS.get(model, model._meta.verbose_name_plural or ""), there))
    households = len(pair.moved.get("households", [])) + len(
        pair.moved.get("doubled_households", [])
    )
    counts.append((_("Households in which the person stands"), households))
    doses = Dose.objects.filter(citizen=pair.kept_id).select_related("vaccine", "site")
    moved = doses.filter(pk__in=pair.moved.get(Dose._meta.label, []))
    return GoesBack(
        [(label, count) for label, count in counts if count],
        list(moved.order_by("administered_at")),
        _since(doses, pair.decided_at),
    )


def _since(doses: QuerySet[Dose], joined_at: datetime.datetime | None) -> list[Dose]:
    rows = doses.filter(recorded_at__gt=joined_at).exclude(status=DoseStatus.VOIDED)
    return list(rows.order_by("administered_at"))


def with_papers(pair: DuplicatePair) -> DuplicatePair:
    """Both records with their papers, in one query more."""
    people: Sequence[Citizen] = (pair.kept, pair.merged)
    models.prefetch_related_objects(people, Prefetch("documents"), "ward")
    return pair
