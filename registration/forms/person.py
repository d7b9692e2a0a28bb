"""Who the person is: name, birth, sex, phone and papers."""

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import NameField, PhoneField, countries
from registration.models import AdministrativeUnit, DocumentKind, GuardianRelation, Sex
from registration.selectors import provinces_in_use
from registration.services.citizens import CitizenDetails, Paper
from registration.services.registrations import Guardian
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.vietnam import cccd_warnings, normalise_id_number
from vaxplatform.widgets import RadioCards

NO_PAPER = "none"
SEXES = [(Sex.FEMALE, Sex.FEMALE.label), (Sex.MALE, Sex.MALE.label), (Sex.OTHER, Sex.OTHER.label)]
KINDS = [
    (DocumentKind.CCCD.value, _("Citizen card (CCCD)")),
    (DocumentKind.CMND.value, _("Old identity card (CMND)")),
    (DocumentKind.PASSPORT.value, _("Passport")),
    (NO_PAPER, _("No paper yet")),
]
KIND_HINTS = {
    DocumentKind.CCCD.value: _("12 digits"),
    DocumentKind.CMND.value: _("9 digits"),
    NO_PAPER: _("You can register all the same. The site helps to confirm who it is."),
}


class PersonForm(Form):
    """The person's own data. A doubtful card number warns once and then lets the person go on."""

    full_name = NameField()
    date_of_birth = DateOfBirthField()
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, widget=RadioCards(row=True))
    phone = PhoneField(
        help_text=_("So that the site can reach you. One number can serve the whole household.")
    )
    id_kind = forms.ChoiceField(
        label=_("Kind of paper"), choices=KINDS, widget=RadioCards(hints=KIND_HINTS)
    )
    id_number = forms.CharField(
        label=_("Number of the paper"),
        help_text=_("Leave it empty if there is no paper."),
    )
    insurance_number = forms.CharField(label=_("Health insurance number (BHYT)"), required=False)
    nationality = forms.ChoiceField(label=_("Nationality"), choices=countries, initial="VN")
    checked = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
    input_classes = {
        "phone": "w-14",
        "id_number": "w-14",
        "insurance_number": "w-14",
        "nationality": "w-14",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and self.data.get(self.add_prefix("id_kind")) == NO_PAPER:
            self.fields["id_number"].required = False

    def clean_insurance_number(self) -> str:
        text = self.cleaned_data["insurance_number"]
        if not text:
            return ""
        return self._number(DocumentKind.BHYT, text, "insurance_number")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind = data.get("id_kind")
        if kind == NO_PAPER:
            data["id_number"] = ""
        elif kind and data.get("id_number"):
            data["id_number"] = self._number(kind, data["id_number"], "id_number")
        return data

    def _number(self, kind: str, text: str, field: str) -> str:
        try:
            return normalise_id_number(kind, text, field=field)
        except DomainError as refusal:
            add_to_form(self, refusal)
            return ""

    def doubts(self) -> list[Any]:
        """What seems odd about a valid form's card number."""
        data = self.cleaned_data
        if data["id_kind"] != DocumentKind.CCCD:
            return []
        return cccd_warnings(data["id_number"], data["date_of_birth"], data["sex"])

    def needs_a_second_look(self) -> bool:
        """True once for each card number in doubt: the page is shown again with the note."""
        doubts = self.doubts()
        if not doubts:
            return False
        data = self.cleaned_data
        text = "|".join((data["id_number"], data["date_of_birth"], data["sex"]))
        seen = hashlib.sha256(text.encode()).hexdigest()[:16]
        if data["checked"] == seen:
            return False
        self.data = {**dict(self.data.items()), self.add_prefix("checked"): seen}
        sentences = " ".join(str(doubt.message) for doubt in doubts)
        how = gettext("To keep it, press the button once more.")
        self.add_note("id_number", f"{sentences} {how}")
        return True


class GuardianForm(Form):
    """Who agrees for a person under 18."""

    guardian_name = NameField(
        label=_("Full name of the father, the mother or the guardian"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    guardian_relation = forms.ChoiceField(
        label=_("Who is it to the person?"),
        choices=GuardianRelation,
        widget=RadioCards(row=True),
    )
    guardian_phone = PhoneField(
        label=_("Phone number of the guardian"),
        help_text=_("So that the site can ask before the injection."),
        required=False,
    )
    input_classes = {"guardian_phone": "w-14"}

    def guardian(self) -> Guardian:
        """The valid form as the services take it."""
        data = self.cleaned_data
        return Guardian(data["guardian_name"], data["guardian_relation"], data["guardian_phone"])


def papers_in(data: dict[str, Any]) -> tuple[Paper, ...]:
    """The papers of a PersonForm's cleaned data."""
    papers = []
    if data["id_number"]:
        papers.append(Paper(data["id_kind"], data["id_number"]))
    if data["insurance_number"]:
        papers.append(Paper(DocumentKind.BHYT.value, data["insurance_number"]))
    return tuple(papers)


def details_of(
    data: dict[str, Any],
    *,
    province: AdministrativeUnit,
    ward: AdministrativeUnit | None = None,
    address: str = "",
) -> CitizenDetails:
    """A PersonForm's cleaned data as the services take it."""
    return CitizenDetails(
        full_name=data["full_name"],
        date_of_birth=data["date_of_birth"],
        sex=data["sex"],
        phone=data["phone"],
        nationality=data["nationality"],
        province_id=province.pk,
        ward_id=ward.pk if ward else None,
        address=address,
        papers=papers_in(data),
    )


class AddPersonForm(PersonForm):
    """A person for the household, without a registration: only the province is asked as well."""

    province = forms.ModelChoiceField(
        label=_("Province or city of residence"),
        queryset=AdministrativeUnit.objects.none(),
        to_field_name="code",
        empty_label=_("Choose"),
    )
    input_classes = {**PersonForm.input_classes, "province": "w-14"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].queryset = provinces_in_use()  # type: ignore[attr-defined]
