"""What people read of themselves: rows for the review page, a registration, the health book."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import plain_phone
from registration.forms.place import in_words
from registration.forms.wish import ANSWERS, day_in_words
from registration.models import Citizen, IdentityCheck, Sex, ShotRegistration
from vaxplatform import formatting
from vaxplatform.components import SummaryRow
from vaxplatform.forms import Form
from vaxplatform.vietnam import mask_id, mask_phone

Group = tuple["str | Promise", list[SummaryRow]]


def _chosen(form: Form, name: str) -> str:
    """The label of a choice field's valid value."""
    value = form.cleaned_data[name]
    return str(dict(form.fields[name].choices).get(value, value))  # type: ignore[attr-defined]


def review_rows(
    forms: Mapping[str, Any], *, member: Citizen | None, url: Callable[[str], str]
) -> list[Group]:
    """The steps' answers, each with the link that changes it. Every form is valid."""
    for form in forms.values():
        form.full_clean()
    change = _("Change")

    def row(step: str, label: Any, value: Any) -> SummaryRow:
        return SummaryRow(label, value or _("not given"), url(step), change)

    person = [SummaryRow(_("Full name"), member.full_name)] if member else []
    if not member:
        person = [row("person", label, value) for label, value in _person(forms["person"])]
    home = [row("home", *pair) for pair in _home(forms["home"])]
    group = str(forms["group"].cleaned_data["group"])
    if "guardian" in forms:
        person += [row("guardian", *pair) for pair in _guardian(forms["guardian"])]
    return [
        (_("The person"), person),
        (_("Home and group"), [*home, row("group", _("Priority group"), group)]),
        (_("Health"), [row("health", *pair) for pair in _health(forms["health"])]),
        (_("Wanted day"), [row("wish", *pair) for pair in _wish(forms["wish"])]),
    ]


def _person(form: Form) -> list[tuple[Any, Any]]:
    data = form.cleaned_data
    return [
        (_("Full name"), data["full_name"]),
        (_("Date of birth"), formatting.partial_date(data["date_of_birth"])),
        (_("Sex"), _chosen(form, "sex")),
        (_("Phone number"), plain_phone(data["phone"])),
        (_("Kind of paper"), _chosen(form, "id_kind")),
        (_("Number of the paper"), data["id_number"]),
        (_("Health insurance number (BHYT)"), data["insurance_number"]),
        (_("Nationality"), _chosen(form, "nationality")),
    ]


def _guardian(form: Form) -> list[tuple[Any, Any]]:
    data = form.cleaned_data
    return [
        (_("Agrees for the person"), data["guardian_name"]),
        (_("Who is it to the person?"), _chosen(form, "guardian_relation")),
        (_("Phone number of the guardian"), plain_phone(data["guardian_phone"])),
    ]


def _home(form: Any) -> list[tuple[Any, Any]]:
    home = form.home()
    place = ", ".join(filter(None, (in_words(home.ward), home.province.name)))
    return [
        (_("Residence"), place),
        (_("House number, street, hamlet"), home.address),
        (_("Occupation"), home.occupation),
        (_("Workplace or school"), home.workplace),
    ]


def _health(form: Form) -> list[tuple[Any, Any]]:
    """What was answered with yes or not sure; the rest in one line."""
    told: list[tuple[Any, Any]] = [
        (field.label, _chosen(form, name))
        for name, field in form.fields.items()
        if form.cleaned_data[name] != "no"
    ]
    rest = len(form.fields) - len(told)
    if rest:
        label = _("All other questions") if told else _("All questions")
        told.append((label, dict(ANSWERS)["no"]))
    return told


def _wish(form: Form) -> list[tuple[Any, Any]]:
    data = form.cleaned_data
    return [
        (_("Dose"), f"{data['dose_number']} – {_chosen(form, 'dose_kind')}"),
        (_("Day you would like"), day_in_words(data["wanted_on"])),
        (_("Time of day"), _chosen(form, "wanted_half")),
    ]


def _wanted_place(registration: ShotRegistration) -> str:
    """Where the person would like to be vaccinated, in words."""
    unit, citizen = registration.wanted_place, registration.citizen
    if unit is None:
        home = in_words(citizen.ward) if citizen.ward else ""
        return ", ".join(filter(None, (home, citizen.province.name)))
    province = unit
    while province.parent is not None:
        province = province.parent
    return unit.name if province is unit else f"{in_words(unit)}, {province.name}"


def registration_rows(registration: ShotRegistration) -> list[SummaryRow]:
    guardian = []
    if registration.guardian_name:
        who = registration.get_guardian_relation_display()
        guardian = [SummaryRow(_("Agrees for the person"), f"{registration.guardian_name} – {who}")]
    return [
        SummaryRow(_("Registration code"), registration.code),
        SummaryRow(_("Full name"), registration.citizen.full_name),
        SummaryRow(
            _("Dose"), f"{registration.dose_number} – {registration.get_dose_kind_display()}"
        ),
        SummaryRow(
            _("Day you would like"),
            f"{day_in_words(registration.wanted_on)} – {registration.get_wanted_half_display()}",
        ),
        SummaryRow(_("Place"), _wanted_place(registration)),
        *guardian,
        SummaryRow(_("Priority group"), str(registration.group)),
        SummaryRow(_("Sent"), formatting.moment(registration.submitted_at)),
    ]


def citizen_rows(citizen: Citizen) -> list[SummaryRow]:
    """The person's data with numbers masked, for the side of the health book."""
    rows = [
        SummaryRow(_("Date of birth"), formatting.partial_date(citizen.date_of_birth)),
        SummaryRow(_("Sex"), Sex(citizen.sex).label),
    ]
    if citizen.phone:
        rows.append(SummaryRow(_("Phone number"), mask_phone(citizen.phone)))
    rows += [
        SummaryRow(document.get_kind_display(), mask_id(document.number))
        for document in citizen.documents.order_by("kind")
    ]
    place = ", ".join(
        filter(None, (in_words(citizen.ward) if citizen.ward else "", citizen.province.name))
    )
    rows.append(SummaryRow(_("Residence"), place))
    rows.append(SummaryRow(_("Identity check"), IdentityCheck(citizen.identity_check).label))
    return rows
