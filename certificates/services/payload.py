"""From a stored dose to what its certificate says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from certificates.hcert import valuesets
from certificates.hcert.payload import (
    PayloadError,
    Subject,
    VaccinationEntry,
    vaccination_payload,
)
from registration.models import DoseKind
from vaxplatform.vietnam import day_in_vietnam


@dataclass(frozen=True, slots=True)
class CertifiedDose:
    """All that is certified of a dose, as read from its rows, and the province that decides whose
    key signs it. `administered_at` is aware."""

    dose_id: int
    citizen_id: int
    full_name: str
    date_of_birth: str
    number: int
    kind: str
    administered_at: datetime
    product: str
    holder: str
    prophylaxis: str
    primary_doses: int
    province: str


@dataclass(frozen=True, slots=True)
class PrimaryDose:
    """A primary dose on record of the same person, with the length of its product's series."""

    number: int
    series_doses: int


def certificate_numbers(*, dose: CertifiedDose, primary: Iterable[PrimaryDose]) -> tuple[int, int]:
    """`dn` and `sd`: the number of the dose and the doses of its series, as certified.

    A primary dose of a mixed series may stand beyond its own product's length; then the series
    is as long as the person's count. A booster is written after the series it follows: that of
    the latest primary dose on record before it, or, where none is on record, all doses before it.
    Raises PayloadError for a booster that is the first dose.
    """
    if dose.kind == DoseKind.PRIMARY:
        return valuesets.dose_numbers("primary", dose.number, max(dose.primary_doses, dose.number))
    if dose.number < 2:
        raise PayloadError("a booster cannot be the first dose")
    earlier = [other for other in primary if other.number < dose.number]
    latest = max(earlier, key=lambda other: other.number, default=None)
    series = latest.series_doses if latest else dose.number - 1
    return valuesets.dose_numbers(dose.kind, dose.number, min(series, dose.number - 1))


def health_content(
    *, dose: CertifiedDose, primary: Iterable[PrimaryDose], uvci: str
) -> dict[str, Any]:
    """The content to sign. The day is that in Viet Nam. Raises PayloadError, or ValueError."""
    number, series = certificate_numbers(dose=dose, primary=primary)
    return vaccination_payload(
        subject=Subject.vietnamese(dose.full_name, dose.date_of_birth),
        entry=VaccinationEntry(
            product=dose.product,
            holder=dose.holder,
            prophylaxis=dose.prophylaxis,
            dose_number=number,
            series_doses=series,
            dose_date=day_in_vietnam(dose.administered_at),
            issuer=settings.CERTIFICATE_ISSUED_BY,
            uvci=uvci,
        ),
    )


def expires_at(*, issued_at: datetime, key_ends_at: datetime) -> datetime:
    """Twelve months after issue (Decision 5772/QĐ-BYT), whole seconds, never after its key.

    From 29 February it is 28 February.
    """
    start = issued_at.replace(microsecond=0)
    try:
        year_later = start.replace(year=start.year + 1)
    except ValueError:
        year_later = start.replace(year=start.year + 1, day=28)
    return min(year_later, key_ends_at)
