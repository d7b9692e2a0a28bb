"""The QR code of a chip card: read by the camera or from a photo, it fills in person and home."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.place import as_place, in_words
from registration.models import AdministrativeUnit, DocumentKind
from registration.rules import Place, places_meant
from registration.selectors import local_units_of, provinces_in_use
from vaxplatform.errors import InvalidInput, add_to_form
from vaxplatform.forms import Form
from vaxplatform.photo_codes import read_code
from vaxplatform.vietnam import CccdScan, parse_cccd_qr, search_key

MOST_SCANNED = 600  # characters: what `parse_cccd_qr` looks at
MOST_ADDRESS = 200


class NotAChipCard(InvalidInput):
    code = "not_a_chip_card"
    message = _(
        "This QR code is not the one of a citizen card. It is on the front, at the upper right."
    )
    field = "card_photo"


class NothingToScan(InvalidInput):
    code = "nothing_to_scan"
    message = _("Choose a photo of the card first.")
    field = "card_photo"


class ScanForm(Form):
    """Part of the person's page: a photo of the card, or the text that the phone read itself."""

    card_photo = forms.FileField(
        label=_("Photo of the front of the card"),
        help_text=_("JPEG, PNG or WebP, at most 10 MB. We do not keep it."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
    card_text = forms.CharField(
        required=False, max_length=MOST_SCANNED, strip=False, widget=forms.HiddenInput
    )
    marks_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.card: CccdScan | None = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        try:
            self.card = _card_in(data.get("card_text", ""), data.get("card_photo"))
        except InvalidInput as refusal:
            refusal.field = "card_photo"
            add_to_form(self, refusal)
        return data

    @property
    def has_something(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.data.get("card_text") or self.files.get("card_photo"))


def _card_in(text: str, photo: Any) -> CccdScan:
    if not text:
        if photo is None:
            raise NothingToScan
        text = read_code(photo, size=photo.size, is_wanted=parse_cccd_qr)
    card = parse_cccd_qr(text)
    if card is None:
        raise NotAChipCard
    return card


def person_on(card: CccdScan) -> dict[str, str]:
    """The card as typed texts of a PersonForm."""
    year, month, day = card.date_of_birth.split("-")
    typed = {
        "full_name": card.full_name,
        "date_of_birth_day": day.lstrip("0"),
        "date_of_birth_month": month.lstrip("0"),
        "date_of_birth_year": year,
        "id_kind": DocumentKind.CCCD.value,
        "id_number": card.number,
    }
    return {**typed, "sex": card.sex} if card.sex else typed


def home_on(card: CccdScan) -> dict[str, str]:
    """The residence as typed texts of a HomeForm, as far as its places are known: the card writes
    them from the small one to the large one, and may be older than the places of today."""
    parts = [part.strip() for part in card.address.split(",") if part.strip()]
    province = _only_one(parts[-1], list(provinces_in_use())) if parts else None
    if province is None:
        return {"address": card.address[:MOST_ADDRESS]} if parts else {}
    typed = {"province": province.code}
    units = list(local_units_of(province))
    for width in (2, 1):  # with its district, and without
        text = " ".join(parts[-1 - width : -1])
        ward = _only_one(text, units) if text else None
        if ward:
            address = ", ".join(parts[: -1 - width])[:MOST_ADDRESS]
            return {**typed, "ward": in_words(ward), "ward_code": ward.code, "address": address}
    return {**typed, "address": ", ".join(parts[:-1])[:MOST_ADDRESS]}


def _only_one(text: str, units: list[AdministrativeUnit]) -> AdministrativeUnit | None:
    """The one unit that a text means; a province may also be written with its rank."""
    key = search_key(text)
    found = [unit for unit in units if key in (search_key(unit.name), unit.search_name)]
    if len(found) == 1:
        return found[0]
    places: list[Place] = [as_place(unit) for unit in units]
    meant = places_meant(text, places)
    by_key = {unit.pk: unit for unit in units}
    return by_key[meant[0].id] if len(meant) == 1 else None
