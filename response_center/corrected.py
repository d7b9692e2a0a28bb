"""The values of corrections: read as typed, as they stand on record, and as people read them."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext

from registration.models import Citizen, DocumentKind, DoseKind, Sex
from registration.rules import plain_line
from response_center import exceptions
from response_center.models import CorrectedField
from sites.models import Dose, Vaccine
from vaxplatform import formatting
from vaxplatform.vietnam import (
    InvalidIdNumber,
    day_in_vietnam,
    mask_id,
    mask_phone,
    normalise_date_of_birth,
    normalise_id_number,
    normalise_name,
    normalise_phone,
)

OF_THE_PERSON = (
    CorrectedField.FULL_NAME,
    CorrectedField.DATE_OF_BIRTH,
    CorrectedField.SEX,
    CorrectedField.ID_NUMBER,
    CorrectedField.INSURANCE_NUMBER,
    CorrectedField.PHONE,
    CorrectedField.ADDRESS,
)
OF_THE_DOSE = (
    CorrectedField.VACCINE,
    CorrectedField.LOT_NUMBER,
    CorrectedField.ADMINISTERED_ON,
    CorrectedField.DOSE_NUMBER,
    CorrectedField.DOSE_KIND,
    CorrectedField.DOSE_OWNER,
)
PAPERS = (DocumentKind.CCCD, DocumentKind.CMND, DocumentKind.PASSPORT)
LONGEST = 200
DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")


def right_value(field: str, text: str, *, on: datetime.date) -> str:
    """What a person typed as the right value, in the form in which a correction keeps it.

    Days are ISO, choices their codes, a vaccine its EU code; `on`: today in Viet Nam. Raises the
    InvalidInput of what it cannot be, with `field` as its field.
    """
    if field == CorrectedField.FULL_NAME:  # an invisible character in a name is said, not dropped
        return normalise_name(text, field=field)
    value = plain_line(text[: LONGEST + 1])
    if not value or len(value) > LONGEST:
        raise exceptions.ValueNotReadable(field=field)
    match CorrectedField(field):
        case CorrectedField.DATE_OF_BIRTH:
            return normalise_date_of_birth(value, on=on, field=field)
        case CorrectedField.ID_NUMBER:
            return normalise_id_number(paper_kind(value), value, field=field)
        case CorrectedField.INSURANCE_NUMBER:
            return normalise_id_number(DocumentKind.BHYT, value, field=field)
        case CorrectedField.PHONE:
            return normalise_phone(value, field=field)
        case CorrectedField.ADMINISTERED_ON:
            return _day(value, field)
        case CorrectedField.LOT_NUMBER:
            return value.upper()[:30]
        case CorrectedField.ADDRESS:
            return value
        case _:
            return _one_of(field, value)


def _one_of(field: str, value: str) -> str:
    known: Sequence[str]
    match field:
        case CorrectedField.SEX:
            known = Sex.values
        case CorrectedField.DOSE_KIND:
            known = DoseKind.values
        case CorrectedField.DOSE_NUMBER:
            known = [str(number) for number in range(1, 10)]
        case CorrectedField.VACCINE:
            known = list(Vaccine.objects.filter(code=value).values_list("code", flat=True))
        case _:  # whose dose it is: another person on record
            known = [value] if _is_citizen(value) else []
    if value not in known:
        raise exceptions.ValueNotReadable(field=field)
    return value


def _is_citizen(public_id: str) -> bool:
    try:
        return Citizen.objects.filter(public_id=public_id, merged_into=None).exists()
    except (ValueError, DjangoValidationError):
        return False


def _day(text: str, field: str) -> str:
    found = DAY_FIRST.fullmatch(text)
    try:
        if found:
            day, month, year = map(int, found.groups())
            return datetime.date(year, month, day).isoformat()
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise exceptions.ValueNotReadable(field=field) from None


def paper_kind(number: str) -> DocumentKind:
    """The kind of identity paper that a number is of: 12 digits a citizen card, 9 an old one."""
    for kind in (DocumentKind.CCCD, DocumentKind.CMND):
        try:
            normalise_id_number(kind, number)
        except InvalidIdNumber:
            continue
        return kind
    digits = re.sub(r"\D", "", number)
    letters = re.search(r"[A-Za-z]", number)
    return DocumentKind.PASSPORT if letters or not digits else DocumentKind.CCCD


def on_record(field: str, *, citizen: Citizen | None, dose: Dose | None, new: str = "") -> str:
    """What stands on record now, in the form of `right_value`; "" where nothing does.

    Of identity papers a person may have several: `new` says which kind is meant.
    """
    if field in OF_THE_DOSE:
        return _of_dose(field, dose) if dose is not None else ""
    if citizen is None:
        return ""
    if field == CorrectedField.INSURANCE_NUMBER:
        return _number_of(citizen, (DocumentKind.BHYT,))
    if field == CorrectedField.ID_NUMBER:
        return _number_of(citizen, (paper_kind(new),) if new else PAPERS)
    value: str = getattr(citizen, field)
    return value


def _of_dose(field: str, dose: Dose) -> str:
    match field:
        case CorrectedField.VACCINE:
            return dose.vaccine.code
        case CorrectedField.LOT_NUMBER:
            return dose.lot.number
        case CorrectedField.ADMINISTERED_ON:
            return day_in_vietnam(dose.administered_at).isoformat()
        case CorrectedField.DOSE_OWNER:
            return str(dose.citizen.public_id)
        case _:
            return str(getattr(dose, field))


def _number_of(citizen: Citizen, kinds: Sequence[str]) -> str:
    numbers = {paper.kind: paper.number for paper in citizen.documents.filter(kind__in=kinds)}
    return next((numbers[kind] for kind in kinds if kind in numbers), "")


def in_words(field: str, value: str, *, masked: bool = False) -> str:
    """A value as people read it; `masked`: numbers of papers and phones without their middle, and
    no other person's name."""
    if not value:
        if field == CorrectedField.DOSE_OWNER:
            return gettext("nobody: the dose is taken back")
        return formatting.NO_DATA
    match field:
        case CorrectedField.DATE_OF_BIRTH:
            return formatting.partial_date(value)
        case CorrectedField.ADMINISTERED_ON:
            return formatting.day(datetime.date.fromisoformat(value))
        case CorrectedField.SEX:
            return str(Sex(value).label)
        case CorrectedField.DOSE_KIND:
            return str(DoseKind(value).label)
        case CorrectedField.VACCINE:
            return str(Vaccine.objects.filter(code=value).first() or value)
        case CorrectedField.DOSE_OWNER:
            if masked:
                return gettext("another person on record")
            owner = Citizen.objects.filter(public_id=value).first()
            return owner.full_name if owner else formatting.NO_DATA
        case CorrectedField.ID_NUMBER | CorrectedField.INSURANCE_NUMBER:
            return mask_id(value) if masked else value
        case CorrectedField.PHONE:
            return mask_phone(value) if masked else value
        case _:
            return value


@dataclass(frozen=True)
class Part:
    """A piece of a value; `is_changed` where the two values differ."""

    text: str
    is_changed: bool


def parts(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """Both values in pieces, marked where they differ: words of texts, else characters, and those
    of two numbers or days of one length place by place."""
    by_words = " " in f"{old}{new}"
    if not by_words and len(old) == len(new):
        return _by_place(old, new), _by_place(new, old)
    left, right = (re.findall(r"\S+|\s+", text) if by_words else list(text) for text in (old, new))
    was: list[Part] = []
    becomes: list[Part] = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if i2 > i1:
            was.append(Part("".join(left[i1:i2]), kind != "equal"))
        if j2 > j1:
            becomes.append(Part("".join(right[j1:j2]), kind != "equal"))
    return was, becomes


def _by_place(text: str, other: str) -> list[Part]:
    places = groupby(zip(text, other, strict=True), key=lambda pair: pair[0] != pair[1])
    return [Part("".join(mine for mine, _yours in run), differs) for differs, run in places]


@dataclass(frozen=True)
class Difference:
    """One field with both its values, in words and in marked pieces."""

    field: str
    label: str | Promise
    old: str
    new: str
    old_parts: list[Part]
    new_parts: list[Part]

    @property
    def is_same(self) -> bool:
        return self.old == self.new


def difference(field: str, old: str, new: str, *, masked: bool = False) -> Difference:
    """`masked`: what is on record is, and whose a dose becomes; what the person typed is not."""
    hides_owner = field == CorrectedField.DOSE_OWNER
    was = in_words(field, old, masked=masked and not hides_owner)
    becomes = in_words(field, new, masked=masked and hides_owner)
    old_parts, new_parts = parts(was, becomes)
    return Difference(field, CorrectedField(field).label, was, becomes, old_parts, new_parts)
