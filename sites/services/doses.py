"""Recording doses: one path for a form, the API and an import, for one dose or a thousand."""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails, resolve_citizens
from registration.services.joined import hold_who_go_on
from sites import exceptions
from sites.models import (
    ApiClient,
    Dose,
    DoseSource,
    DoseStatus,
    IntervalRule,
    Lot,
    Session,
    Site,
    Vaccine,
    Visit,
)
from sites.models.dose import CLOCK_TOLERANCE
from sites.rules import GivenDose, interval_between
from vaxplatform.bulk import insert_rows
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import birth_span, day_in_vietnam

CAMPAIGN_BEGAN_ON = datetime.date(2021, 3, 8)  # first injection in Viet Nam; Ministry of Health
ATTEMPTS_FOR_A_LOT = 3


@dataclass(frozen=True)
class DoseItem:
    """A dose to record. `digest` (32 bytes) names the whole request, to tell a retry from misuse.

    `citizen`: details of a person, or a Citizen on record. `administered_at`: aware.
    `vaccine_code`: EU product code. `visit`, `session`: where the site works on the platform.
    """

    idempotency_key: uuid.UUID
    digest: bytes
    citizen: CitizenDetails | Citizen
    dose_number: int
    dose_kind: str
    vaccine_code: str
    lot_number: str
    administered_at: datetime.datetime
    vaccinator: str
    source: str = DoseSource.LIVE
    session: Session | None = None
    visit: Visit | None = None


@dataclass(frozen=True)
class Recorded:
    """The dose is in the database; `is_duplicate` where an equal request had put it there."""

    dose: Dose
    is_duplicate: bool = False


Outcome = Recorded | DomainError


class _StockMoved(Exception):
    """Somebody took doses of a lot after we had looked: look again."""


def record_dose(
    *,
    item: DoseItem,
    site: Site,
    now: datetime.datetime,
    recorded_by: Account | None = None,
    api_client: ApiClient | None = None,
) -> Recorded:
    """Record one dose; raises the DomainError that `record_doses` would have answered."""
    (outcome,) = record_doses(
        items=[item], site=site, now=now, recorded_by=recorded_by, api_client=api_client
    )
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def record_doses(
    *,
    items: Sequence[DoseItem],
    site: Site,
    now: datetime.datetime,
    recorded_by: Account | None = None,
    api_client: ApiClient | None = None,
) -> list[Outcome]:
    """Record a set of doses of one site in one transaction; one outcome per item, in order.

    A refused item leaves nothing behind, the others are recorded. The same key and digest again
    answers the dose of the first time. Rules about intervals hold for live doses only: a dose on
    paper has happened, and every dose given belongs in the book.
    """
    for attempt in range(1, ATTEMPTS_FOR_A_LOT + 1):
        try:
            with transaction.atomic():
                recorder = _Recorder(items, site, now, recorded_by, api_client)
                return recorder.run(trust_stock=attempt < ATTEMPTS_FOR_A_LOT)
        except _StockMoved:
            continue
    raise exceptions.LotExhausted  # not reached: the last attempt holds the lots


class _Recorder:
    """One call of `record_doses`: the items, what is known about them, and the outcomes so far."""

    def __init__(
        self,
        items: Sequence[DoseItem],
        site: Site,
        now: datetime.datetime,
        recorded_by: Account | None,
        api_client: ApiClient | None,
    ) -> None:
        self.items = items
        self.site = site
        self.now = now
        self.recorded_by = recorded_by
        self.api_client = api_client
        self.outcomes: dict[int, Outcome] = {}
        self.citizens: dict[int, Citizen] = {}
        self.lots: dict[int, Lot] = {}

    def run(self, *, trust_stock: bool) -> list[Outcome]:
        if not self.site.is_active:
            return [exceptions.SiteNotActive() for _item in self.items]
        self._answer_retries()
        self._check_times()
        self._choose_lots(hold=not trust_stock)
        self._find_citizens()
        self._apply_rules()
        self._insert()
        self._answer_twins()
        return [self.outcomes[position] for position in range(len(self.items))]

    def _open(self) -> list[tuple[int, DoseItem]]:
        """The items without an outcome yet."""
        return [(i, item) for i, item in enumerate(self.items) if i not in self.outcomes]

    def _answer_retries(self) -> None:
        """Answer the items whose key is on record, or stands earlier in this very set."""
        on_record = _doses_by_key(item.idempotency_key for item in self.items)
        first_seen: dict[uuid.UUID, int] = {}
        self.repeats: list[tuple[int, int]] = []  # positions: (repeat, its first)
        for position, item in enumerate(self.items):
            dose = on_record.get(item.idempotency_key)
            if dose is not None:
                self.outcomes[position] = _as_retry(dose, item)
            elif item.idempotency_key in first_seen:
                self.repeats.append((position, first_seen[item.idempotency_key]))
                self.outcomes[position] = exceptions.IdempotencyKeyReused()
            else:
                first_seen[item.idempotency_key] = position

    def _answer_twins(self) -> None:
        """A refusal may come of the same request, recorded since we looked: answer that one.

        What a twin has changed (the number taken, the last dose gone) is committed with its key.
        """
        refused = {
            position: self.items[position]
            for position, outcome in self.outcomes.items()
            if isinstance(outcome, DomainError)
        }
        if not refused:
            return
        on_record = _doses_by_key(item.idempotency_key for item in refused.values())
        for position, item in refused.items():
            if item.idempotency_key in on_record:
                self.outcomes[position] = _as_retry(on_record[item.idempotency_key], item)

    def _choose_lots(self, *, hold: bool) -> None:
        """Find each item's lot at the site and refuse what it cannot give.

        `hold` locks the lots first, so that nobody can take doses between look and insert.
        """
        vaccines = {v.code: v for v in Vaccine.objects.all()}
        numbers = {item.lot_number for _i, item in self._open()}
        lots = Lot.objects.filter(site=self.site, number__in=numbers).order_by("pk")
        if hold:
            lots = lots.select_for_update(no_key=True)
        by_key = {(lot.vaccine_id, lot.number): lot for lot in lots}
        left = {lot.pk: lot.doses_left for lot in by_key.values()}
        for position, item in self._open():
            vaccine = vaccines.get(item.vaccine_code)
            lot = by_key.get((vaccine.pk, item.lot_number)) if vaccine else None
            if vaccine is None:
                self.outcomes[position] = exceptions.VaccineUnknown()
            elif lot is None:
                self.outcomes[position] = exceptions.LotUnknown()
            elif refusal := lot_refusal(lot=lot, on=day_in_vietnam(item.administered_at)):
                self.outcomes[position] = refusal
            elif left[lot.pk] <= 0:
                self.outcomes[position] = exceptions.LotExhausted()
            else:
                left[lot.pk] -= 1
                self.lots[position] = lot

    def _check_times(self) -> None:
        for position, item in self._open():
            if item.administered_at > self.now + CLOCK_TOLERANCE:
                self.outcomes[position] = exceptions.DoseInFuture()
            elif day_in_vietnam(item.administered_at) < CAMPAIGN_BEGAN_ON:
                self.outcomes[position] = exceptions.DoseTooOld()

    def _find_citizens(self) -> None:
        """Know every person; strangers are written only in `_insert`, with their dose."""
        strangers: list[tuple[int, CitizenDetails]] = []
        for position, item in self._open():
            if day_in_vietnam(item.administered_at) < birth_span(item.citizen.date_of_birth)[0]:
                self.outcomes[position] = exceptions.DoseBeforeBirth()
            elif isinstance(item.citizen, Citizen):
                self.citizens[position] = item.citizen
            else:
                strangers.append((position, item.citizen))
        self.places = {position: place for place, (position, _d) in enumerate(strangers)}
        self.resolution = resolve_citizens(people=[details for _position, details in strangers])
        for position, place in self.places.items():
            answer = self.resolution.answers[place]
            if isinstance(answer, Citizen):
                self.citizens[position] = answer
            else:
                self.outcomes[position] = answer
        self._hold_citizens()

    def _hold_citizens(self) -> None:
        """The people on record stay who they are until the doses are in; whoever was joined with
        another record since we looked is written as the one that goes on."""
        on_record = [citizen for citizen in self.citizens.values() if citizen.pk is not None]
        go_on = hold_who_go_on(on_record)
        for position, citizen in self.citizens.items():
            if citizen.pk is not None:
                self.citizens[position] = go_on[citizen.pk]

    def _apply_rules(self) -> None:
        """Compare each item with the person's other doses, those of this set included."""
        people = {citizen.pk for i, citizen in self.citizens.items() if i not in self.outcomes}
        history: defaultdict[int, list[GivenDose]] = defaultdict(list)
        on_record = Dose.objects.filter(citizen__any=people - {None}, status=DoseStatus.RECORDED)
        for dose in on_record:
            history[dose.citizen_id].append(_given(dose))
        rules = list(IntervalRule.objects.all())
        for position, item in sorted(self._open(), key=lambda pair: pair[1].administered_at):
            citizen, vaccine_id = self.citizens[position], self.lots[position].vaccine_id
            new = GivenDose(
                item.dose_number, item.dose_kind, vaccine_id, day_in_vietnam(item.administered_at)
            )
            others = history[citizen.pk or -id(citizen)]
            refusal = order_refusal(new=new, others=others)
            if refusal is None and item.source == DoseSource.LIVE:
                refusal = interval_refusal(
                    new=new, others=others, rules=rules, province_id=self.site.province_id
                )
            if refusal is None:
                others.append(new)
            else:
                self.outcomes[position] = refusal

    def _insert(self) -> None:
        """Insert what is left, then take it from the lots: rows first, counters last."""
        accepted = self._open()
        self.resolution.save(
            positions=[self.places[i] for i, _item in accepted if i in self.places]
        )
        rows = {position: self._row(position, item) for position, item in accepted}
        stored = insert_rows(list(rows.values()), key="public_id", ignore_conflicts=True)
        new = {dose.public_id for dose in stored}
        twins = _doses_by_key(
            row.idempotency_key for row in rows.values() if row.public_id not in new
        )
        taken: Counter[int] = Counter()
        for position, row in rows.items():
            if row.public_id in new:
                self.outcomes[position] = Recorded(row)
                taken[row.lot_id] += 1
            elif (twin := twins.get(row.idempotency_key)) is not None:
                self.outcomes[position] = _as_retry(twin, self.items[position])
            else:  # somebody else recorded this number for the person meanwhile
                self.outcomes[position] = exceptions.DoseNumberTaken()
        _take_from_lots(taken)
        for position, first in self.repeats:
            outcome = self.outcomes[first]
            self.outcomes[position] = (
                _as_retry(outcome.dose, self.items[position])
                if isinstance(outcome, Recorded)
                else outcome
            )

    def _row(self, position: int, item: DoseItem) -> Dose:
        citizen, lot = self.citizens[position], self.lots[position]
        dose = Dose(
            public_id=uuid.uuid4(),
            citizen_id=citizen.pk,
            dose_number=item.dose_number,
            dose_kind=item.dose_kind,
            vaccine_id=lot.vaccine_id,
            lot_id=lot.pk,
            site_id=self.site.pk,
            residence_province_id=citizen.province_id,
            session_id=item.session.pk if item.session else None,
            visit_id=item.visit.pk if item.visit else None,
            administered_at=item.administered_at,
            vaccinator=item.vaccinator,
            source=item.source,
            recorded_by_id=self.recorded_by.pk if self.recorded_by else None,
            api_client_id=self.api_client.pk if self.api_client else None,
            idempotency_key=item.idempotency_key,
            request_digest=item.digest,
        )
        # As assigning them would, at a tenth of the time.
        dose._state.fields_cache |= {"citizen": citizen, "lot": lot, "site": self.site}
        return dose


def _doses_by_key(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Dose]:
    """The doses on record under these request numbers, with their citizens."""
    wanted = set(keys)
    if not wanted:
        return {}
    doses = Dose.objects.filter(idempotency_key__any=wanted).select_related("citizen")
    return {dose.idempotency_key: dose for dose in doses}


def _as_retry(dose: Dose, item: DoseItem) -> Outcome:
    """What to answer where the key is on record already."""
    if bytes(dose.request_digest) == item.digest:
        return Recorded(dose, is_duplicate=True)
    return exceptions.IdempotencyKeyReused()


def _given(dose: Dose) -> GivenDose:
    return GivenDose(
        dose.dose_number, dose.dose_kind, dose.vaccine_id, day_in_vietnam(dose.administered_at)
    )


def _take_from_lots(taken: Mapping[int, int]) -> None:
    """Count so many doses of each lot as used; raises _StockMoved where fewer are left than we saw.

    The lots are locked in the order of their ids, as everywhere.
    """
    if not taken:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [list(taken), list(taken.values())])
        if cursor.rowcount < len(taken):
            raise _StockMoved


_TAKE = """
    WITH taken AS MATERIALIZED (
        SELECT l.id, t.doses FROM unnest(%s::bigint[], %s::int[]) AS t(id, doses)
          JOIN vaccination_sites_lot l ON l.id = t.id
         ORDER BY l.id FOR NO KEY UPDATE OF l
    )
    UPDATE vaccination_sites_lot l SET doses_used = l.doses_used + t.doses
      FROM taken t
     WHERE l.id = t.id AND l.recalled_at IS NULL
       AND l.doses_used + t.doses <= l.doses_received - l.doses_wasted
"""


def lot_refusal(*, lot: Lot, on: datetime.date) -> DomainError | None:
    """Why a lot may not be used for a dose given on `on`; it is good through its expiry day."""
    if lot.recalled_at is not None:
        return exceptions.LotRecalled()
    return exceptions.LotExpired() if on > lot.expires_on else None


def order_refusal(*, new: GivenDose, others: Sequence[GivenDose]) -> DomainError | None:
    """Doses are numbered in the order in which they were given."""
    for other in others:
        if other.number == new.number:
            return exceptions.DoseNumberTaken()
        if other.given_on == new.given_on:
            return exceptions.DoseOnSameDay()
        if (other.number < new.number) != (other.given_on < new.given_on):
            return exceptions.DoseOutOfOrder()
    return None


def interval_refusal(
    *,
    new: GivenDose,
    others: Sequence[GivenDose],
    rules: Sequence[IntervalRule],
    province_id: int,
) -> DomainError | None:
    """Whether enough days lie between the new dose and the one before it."""
    earlier = [other for other in others if other.given_on < new.given_on]
    if not earlier:
        return None
    previous = max(earlier, key=lambda dose: dose.given_on)
    interval = interval_between(
        rules=rules,
        first_vaccine_id=previous.vaccine_id,
        next_vaccine_id=new.vaccine_id,
        dose_kind=new.kind,
        province_id=province_id,
        on=new.given_on,
    )
    if interval is None:
        return exceptions.VaccinesNotInterchangeable()
    days = (new.given_on - previous.given_on).days
    if days < interval.min_days:
        return exceptions.IntervalTooShort(
            days=days, min_days=interval.min_days, citation=interval.citation
        )
    return None


@transaction.atomic
def void_dose(*, dose: Dose, reason: str) -> Dose:
    """Take a wrongly recorded dose back; its lot gets the dose back, its certificate is revoked.

    The revocation is the issuance queue's, in this same transaction (certificates.models.wires).
    Raises DoseAlreadyVoided or ReasonMissing.
    """
    if not reason.strip():
        raise exceptions.ReasonMissing
    voided = Dose.objects.filter(pk=dose.pk, status=DoseStatus.RECORDED).update(
        status=DoseStatus.VOIDED, void_reason=reason.strip()
    )
    if not voided:
        raise exceptions.DoseAlreadyVoided
    Lot.objects.filter(pk=dose.lot_id).update(doses_used=F("doses_used") - 1)
    dose.refresh_from_db()
    return dose


@transaction.atomic
def move_dose(*, dose: Dose, to: Citizen) -> Dose:
    """A dose was recorded for the wrong person: give it to the right one.

    Her certificate follows: the old one is superseded (certificates.models.wires). Raises
    DoseAlreadyVoided, or what `order_refusal` finds among her other doses.
    """
    dose = Dose.objects.select_for_update(no_key=True).get(pk=dose.pk)
    if dose.status == DoseStatus.VOIDED:
        raise exceptions.DoseAlreadyVoided
    others = Dose.objects.filter(citizen=to, status=DoseStatus.RECORDED).exclude(pk=dose.pk)
    refusal = order_refusal(new=_given(dose), others=[_given(other) for other in others])
    if refusal is not None:
        raise refusal
    dose.citizen = to
    dose.save(update_fields=["citizen"])
    return dose
