"""The parts of a person's own data that registration holds."""

import datetime
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from registration.forms.place import in_words
from registration.models import Citizen, IdentityCheck, Sex
from registration.own_data import Fact, Row, register_own_data
from registration.selectors import accesses_of, registrations_of
from registration.services.access import purpose_in_words
from registration.services.phones import memberships_of
from vaxplatform import formatting
from vaxplatform.vietnam import mask_id, mask_phone


def moment(name: str, label: object, at: datetime.datetime | None) -> Fact:
    """A fact that is a moment."""
    value = at.isoformat() if at else None
    return Fact(name, str(label), value, formatting.moment(at) if at else "–")


def _person(citizen: Citizen) -> Sequence[Row]:
    ward = in_words(citizen.ward) if citizen.ward else ""
    return [
        [
            Fact("full_name", _("Full name"), citizen.full_name),
            Fact(
                "date_of_birth",
                _("Date of birth"),
                citizen.date_of_birth,
                formatting.partial_date(citizen.date_of_birth),
            ),
            Fact("sex", _("Sex"), citizen.sex, Sex(citizen.sex).label),
            Fact("phone", _("Phone number"), mask_phone(citizen.phone) if citizen.phone else ""),
            Fact("nationality", _("Nationality"), citizen.nationality),
            Fact("ethnicity", _("Ethnicity"), citizen.ethnicity),
            Fact("occupation", _("Occupation"), citizen.occupation),
            Fact("workplace", _("Workplace or school"), citizen.workplace),
            Fact("province", _("Province or city of residence"), citizen.province.name),
            Fact("ward", _("Ward or commune"), ward),
            Fact("address", _("House number, street, hamlet"), citizen.address),
            Fact(
                "identity_check",
                _("Identity check"),
                citizen.identity_check,
                IdentityCheck(citizen.identity_check).label,
            ),
            moment("on_record_since", _("On record since"), citizen.created_at),
        ]
    ]


def _papers(citizen: Citizen) -> Sequence[Row]:
    """Without their middle: a borrowed phone must not yield the numbers of papers."""
    return [
        [
            Fact("kind", _("Kind of paper"), row.kind, row.get_kind_display()),
            Fact("number", _("Number of the paper"), mask_id(row.number)),
            moment("added_at", _("On record since"), row.added_at),
        ]
        for row in citizen.documents.order_by("kind")
    ]


def _registrations(citizen: Citizen) -> Sequence[Row]:
    return [
        [
            Fact("code", _("Registration code"), row.code),
            Fact("dose_number", _("Dose"), row.dose_number),
            Fact("status", _("status"), row.status, row.get_status_display()),
            Fact(
                "wanted_on",
                _("Day you would like"),
                row.wanted_on.isoformat(),
                formatting.day(row.wanted_on),
            ),
            Fact("group", _("Priority group"), row.group.number, str(row.group)),
            Fact("medical_history", _("Medical history"), row.medical_history, _history(row)),
            moment("submitted_at", _("Sent"), row.submitted_at),
        ]
        for row in registrations_of(citizen)
    ]


def _history(registration: object) -> str:
    answers = getattr(registration, "medical_history", None) or {}
    return ", ".join(f"{question}: {answer}" for question, answer in sorted(answers.items())) or "–"


def _phones(citizen: Citizen) -> Sequence[Row]:
    return [
        [
            Fact("phone", _("Phone number"), mask_phone(row.account.phone or "")),
            moment("since", _("Sees the record since"), row.joined_at),
        ]
        for row in memberships_of(citizen)
    ]


def _looks(citizen: Citizen) -> Sequence[Row]:
    return [
        [
            moment("at", _("at what time"), row.at),
            Fact("purpose", _("purpose"), row.purpose, purpose_in_words(row.purpose)),
            Fact("by", _("By whom"), who_looked(row)),
        ]
        for row in accesses_of(citizen)
    ]


def who_looked(access: object) -> str:
    """The name of staff, or of the system; a household's phone without its middle."""
    account = getattr(access, "account", None)
    if account is None:
        return str(getattr(access, "client", ""))
    return str(account.get_full_name()) if account.is_staff else mask_phone(account.phone or "")


def register() -> None:
    """Called once, when the app is ready."""
    register_own_data(0, "person", _("The person"), _person)
    register_own_data(10, "papers", _("Papers on record"), _papers)
    register_own_data(20, "registrations", _("Registrations"), _registrations)
    register_own_data(80, "phones", _("Phones that see this record"), _phones)
    register_own_data(90, "looks", _("Who looked at this record"), _looks)
