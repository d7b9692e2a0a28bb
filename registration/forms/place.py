"""Where a person lives and works. Places are found by their name, accents or not."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.models import AdministrativeUnit, Citizen, PriorityGroup
from registration.rules import Place, places_meant
from registration.selectors import local_units_of, provinces_in_use
from registration.services.households import HomeDetails
from vaxplatform.forms import Form
from vaxplatform.vietnam import search_key
from vaxplatform.widgets import RadioCards

MOST_OFFERED = 30
SEARCH_WORDS = {  # of the list that opens while one types
    "data-count": _("{n} places fit. Choose with the arrow keys and Enter."),
    "data-none": _("No place of this name here."),
    "data-more": _("Go on typing to see fewer places."),
}


def in_words(unit: AdministrativeUnit) -> str:
    """A ward with its district: Phường 5, Quận 3."""
    if unit.parent is None or unit.parent.kind == "province":
        return unit.full_name
    return f"{unit.full_name}, {unit.parent.full_name}"


class PlaceForm(Form):
    """A province and what lies in it. The ward is typed; a text that fits several is answered with
    a list to choose from. With script both are searched as one types (static/registration)."""

    province = forms.ModelChoiceField(
        label=_("Province or city of residence"),
        queryset=AdministrativeUnit.objects.none(),
        to_field_name="code",
        empty_label=_("Choose"),
        widget=forms.Select({"data-place": "province", **SEARCH_WORDS}),
    )
    ward = LineField(
        label=_("Ward or commune"),
        max_length=120,
        widget=forms.TextInput({"data-place": "ward", **SEARCH_WORDS}),
        help_text=_("Accents are not needed. You may add the district: ward 5 district 3."),
    )
    ward_code = forms.ChoiceField(
        label=_("Which of these?"), choices=[], required=False, widget=RadioCards
    )
    input_classes = {"province": "w-14"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].queryset = provinces_in_use()  # type: ignore[attr-defined]
        self.fields["ward"].widget.attrs["data-wards"] = reverse("registration:wards", args=["00"])
        self._offered = self.fields.pop("ward_code")
        self.ward_unit: AdministrativeUnit | None = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        province, typed = data.get("province"), data.get("ward")
        if province and typed:
            self._find_ward(province, typed)
        if self.ward_unit:
            data["ward_code"] = self.ward_unit.code
        return data

    def _find_ward(self, province: AdministrativeUnit, typed: str) -> None:
        units = {unit.pk: unit for unit in local_units_of(province)}
        meant = [units[place.id] for place in places_meant(typed, map(as_place, units.values()))]
        chosen = str(self.data.get(self.add_prefix("ward_code"), ""))
        self.ward_unit = next((unit for unit in meant if unit.code == chosen), None)
        if self.ward_unit is None and len(meant) == 1:
            self.ward_unit = meant[0]
        if self.ward_unit is not None:
            return
        if not meant:
            self._refuse(_("No ward of this name was found in %(place)s."), place=province.name)
        elif len(meant) > MOST_OFFERED:
            self._refuse(
                _("%(count)d places fit this text. Add the district or more of the name."),
                count=len(meant),
            )
        else:
            self._offer(meant)

    def _refuse(self, message: Any, **params: Any) -> None:
        self.add_error("ward", forms.ValidationError(message, code="no_ward", params=params))

    def _offer(self, units: list[AdministrativeUnit]) -> None:
        """Put the list right below the text."""
        self._offered.choices = sorted(  # type: ignore[attr-defined]
            ((unit.code, in_words(unit)) for unit in units), key=lambda pair: search_key(pair[1])
        )
        self.fields["ward_code"] = self._offered
        self._offered.required = True  # no "optional" beside it; the choice is read in `_find_ward`
        names = list(self.fields)
        names.remove("ward_code")
        names.insert(names.index("ward") + 1, "ward_code")
        self.order_fields(names)
        message = _("%(count)d places fit this text. Choose one of them.")
        self.add_error(
            "ward_code",
            forms.ValidationError(message, code="several_wards", params={"count": len(units)}),
        )


class HomeForm(PlaceForm):
    """Where a person lives and works."""

    address = LineField(
        label=_("House number, street, hamlet"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    occupation = LineField(label=_("Occupation"), max_length=100)
    workplace = LineField(label=_("Workplace or school"), max_length=160, required=False)

    def home(self) -> HomeDetails:
        """The valid form as the services take it."""
        data = self.cleaned_data
        return HomeDetails(
            province=data["province"],
            ward=self.ward_unit,
            address=data["address"],
            occupation=data["occupation"],
            workplace=data["workplace"],
        )


def as_place(unit: AdministrativeUnit) -> Place:
    within = unit.parent.search_name if unit.parent else ""
    return Place(unit.pk, search_key(unit.name), unit.search_name, within)


def home_of(citizen: Citizen) -> dict[str, str]:
    """Initial values for a person on record."""
    return {
        "province": citizen.province.code,
        "ward": in_words(citizen.ward) if citizen.ward else "",
        "ward_code": citizen.ward.code if citizen.ward else "",
        "address": citizen.address,
        "occupation": citizen.occupation,
        "workplace": citizen.workplace,
    }


def place_of(unit: AdministrativeUnit) -> dict[str, str]:
    """Initial values for a province or what lies in it, its parents read with it."""
    province = unit
    while province.parent is not None:
        province = province.parent
    if province is unit:
        return {"province": unit.code}
    return {"province": province.code, "ward": in_words(unit), "ward_code": unit.code}


class MoveForm(PlaceForm):
    """Where the person would like to be vaccinated; the province is enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].label = _("Province or city of the vaccination")
        self.fields["ward"].required = False

    def place(self) -> AdministrativeUnit:
        """The valid form's ward, else its province."""
        return self.ward_unit or self.cleaned_data["province"]


class GroupForm(Form):
    """The priority group; it follows of work, age and home."""

    group = forms.ModelChoiceField(
        label=_("Priority group"),
        help_text=_("The groups of Decision 3355/QĐ-BYT. Choose the first one that fits."),
        queryset=PriorityGroup.objects.all(),
        to_field_name="number",
        empty_label=None,
        widget=RadioCards,
    )
