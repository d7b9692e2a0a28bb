"""The fields in which a person says what is right, each beside what is on record."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.models import Citizen, Sex
from response_center.corrected import OF_THE_DOSE, OF_THE_PERSON, in_words, on_record
from response_center.models import CorrectedField
from sites.models import Dose, Vaccine
from vaxplatform.forms import DateOfBirthField

PREFIX = "right_"
ASKED = tuple(
    field
    for field in (*OF_THE_PERSON, *OF_THE_DOSE)
    if field not in (CorrectedField.DOSE_OWNER, CorrectedField.DOSE_KIND)
)
NUMBERS = tuple(str(number) for number in range(1, 5))


def _field_for(field: str, day_field: type[forms.Field]) -> forms.Field:
    label = CorrectedField(field).label
    match field:
        case CorrectedField.DATE_OF_BIRTH:
            return DateOfBirthField(label=label, required=False)
        case CorrectedField.ADMINISTERED_ON:
            return day_field(label=label, required=False)
        case CorrectedField.SEX:
            return _choice(label, Sex.choices)
        case CorrectedField.DOSE_NUMBER:
            return _choice(label, [(number, number) for number in NUMBERS])
        case CorrectedField.VACCINE:
            return forms.ModelChoiceField(
                Vaccine.objects.all(),
                label=label,
                required=False,
                to_field_name="code",
                empty_label=_("It is right"),
            )
        case CorrectedField.PHONE:
            widget = forms.TextInput({"inputmode": "tel"})
            return LineField(label=label, required=False, max_length=30, widget=widget)
        case _:
            return LineField(label=label, required=False, max_length=200)


def _choice(label: Any, choices: Iterable[tuple[str, Any]]) -> forms.Field:
    return forms.ChoiceField(
        label=label, required=False, choices=[("", _("It is right")), *choices]
    )


def right_fields(
    day_field: type[forms.Field], *, citizen: Citizen | None, dose: Dose | None
) -> dict[str, forms.Field]:
    """A field for each thing that can be corrected, none required, with what is on record now."""
    made = {}
    for name in ASKED:
        field = _field_for(name, day_field)
        old = on_record(name, citizen=citizen, dose=dose)
        if old:
            shown = in_words(name, old, masked=True)
            field.help_text = lazystr(gettext("On record: %(value)s") % {"value": shown})
        made[PREFIX + name] = field
    return made


def told_values(values: Mapping[str, Any]) -> dict[str, str]:
    """CorrectedField → what was typed as right, as text, for the fields that were filled."""
    found: dict[str, str] = {}
    for name in ASKED:
        value = values.get(PREFIX + name)
        if not value:
            continue
        if isinstance(value, Vaccine):
            value = value.code
        found[name] = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return found
