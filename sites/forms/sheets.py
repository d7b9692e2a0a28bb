"""What all rows of a paper sheet have in common, and its photo."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import LineField
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.forms.dose import DayField, LotChoice
from sites.models import Lot
from sites.models.sheets import MOST_LINES
from vaxplatform.forms import Form
from vaxplatform.photos import MAX_BYTES

_PHOTO = forms.FileInput({"accept": "image/jpeg,image/png,image/webp"})


class SheetPhotoField(forms.FileField):
    """A picture of a sheet, as bytes; what it holds is judged where it is drawn anew."""

    def __init__(self, **kwargs: Any) -> None:
        values = {
            "label": _("Photo of the sheet"),
            "help_text": _("JPEG, PNG or WebP, at most 10 MB. It is kept for 90 days."),
            "widget": _PHOTO,
            "allow_empty_file": True,  # refused in our words
            "error_messages": {"required": _("Choose the photo.")},
        }
        super().__init__(**{**values, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        file = super().clean(data, initial)
        if not file:
            return None
        content: bytes = file.read(MAX_BYTES + 1)  # one more is too many already
        return content


class SheetForm(Form):
    """A new sheet."""

    given_on = DayField(
        label=_("Day of the injections"),
        max_length=10,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    lot = LotChoice(label=_("Lot"), queryset=Lot.objects.none(), empty_label=_("Choose"))
    vaccinator = LineField(label=_("Vaccinator"), max_length=100)
    doses_on_paper = forms.IntegerField(
        label=_("How many doses stand on the paper"),
        help_text=_("Count them, or take the sum at its end. A longer list is several sheets."),
        min_value=1,
        max_value=MOST_LINES,
        localize=False,
    )
    dose_number = forms.IntegerField(
        label=_("Dose number of the rows"),
        help_text=_("Rows with another number get their own. Leave it empty if they differ."),
        required=False,
        min_value=1,
        max_value=9,
        localize=False,
    )
    province = forms.ModelChoiceField(
        label=_("Province or city where these people live"),
        queryset=AdministrativeUnit.objects.none(),
        to_field_name="code",
        empty_label=_("Choose"),
    )
    photo = SheetPhotoField(required=False)
    double_entry = forms.BooleanField(
        label=_("Two people type it"),
        help_text=_("Each types the whole sheet alone; then only the cells that differ are asked."),
        required=False,
    )
    input_classes = {
        "given_on": "w-10",
        "lot": "w-14",
        "vaccinator": "w-14",
        "doses_on_paper": "w-4",
        "dose_number": "w-4",
        "province": "w-14",
    }
    remembered = ("given_on", "lot", "vaccinator", "dose_number", "province", "double_entry")

    def __init__(self, *args: Any, lots: QuerySet[Lot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = lots  # type: ignore[attr-defined]
        self.fields["province"].queryset = provinces_in_use()  # type: ignore[attr-defined]

    def to_remember(self) -> dict[str, Any]:
        """What the next sheet of the same pile has in common with this one."""
        return {name: self.data.get(name, "") for name in self.remembered}


class SheetPhotoForm(Form):
    photo = SheetPhotoField()
