"""Who is asked about: the parameters of the two look-ups, as the old clients send them."""

import datetime
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from registration.models import DocumentKind, Sex
from registration.services.citizens import Paper
from registration.services.own_record import Question, papers_meant
from vaxplatform.errors import InvalidInput
from vaxplatform.vietnam import (
    InvalidDateOfBirth,
    day_in_vietnam,
    normalise_id_number,
    normalise_name,
    normalise_phone,
    parse_date_of_birth,
    search_key,
)

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MOST_DIGITS = 14  # of milliseconds
SEXES = {"1": Sex.MALE, "2": Sex.FEMALE, "0": Sex.FEMALE}  # one client sends 0 for women


class SexUnreadable(InvalidInput):
    code = "sex_unreadable"
    message = _("Send 1 for a man or 2 for a woman.")
    field = "genderId"


def read_question(sent: Mapping[str, str], *, on: datetime.date) -> Question:
    """What was sent, understood; `on` is today in Viet Nam. Raises InvalidInput.

    Looks nothing up: what is refused here is refused for everybody alike.
    """
    name = normalise_name(sent.get("fullname", ""), field="fullname")
    return Question(
        search_name=search_key(name),
        date_of_birth=_birth(sent.get("birthday", ""), on),
        sex=_sex(sent.get("genderId", "")),
        phone=normalise_phone(sent.get("personalPhoneNumber", ""), field="personalPhoneNumber"),
        identification=_identification(sent.get("identification", "")),
        insurance=_insurance(sent.get("healthInsuranceNumber", "")),
    )


def _birth(text: str, on: datetime.date) -> str:
    """The calendar day in Viet Nam that the milliseconds fall on. Clients send 00:00 UTC of the
    day, its midnight in Viet Nam (of its time: an hour earlier before 1975), or any hour of it."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise InvalidDateOfBirth(field="birthday")
    try:
        moment = EPOCH + datetime.timedelta(milliseconds=int(text))
        day = day_in_vietnam(moment)
    except OverflowError:
        raise InvalidDateOfBirth(field="birthday") from None
    return parse_date_of_birth(day.year, day.month, day.day, on=on, field="birthday")


def _sex(text: str) -> str:
    try:
        return SEXES[text.strip()]
    except KeyError:
        raise SexUnreadable from None


def _identification(text: str) -> tuple[Paper, ...]:
    if not text.strip():
        return ()
    return papers_meant(text, field="identification")


def _insurance(text: str) -> tuple[Paper, ...]:
    if not text.strip():
        return ()
    number = normalise_id_number(DocumentKind.BHYT, text, field="healthInsuranceNumber")
    return (Paper(DocumentKind.BHYT, number),)
