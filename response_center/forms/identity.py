"""Forms of the identity check: which people a list takes, and the file that came back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from registration.services.identity_checks import MOST_PEOPLE
from sites import exceptions
from sites.services.import_queue import MOST_BYTES
from vaxplatform import formatting
from vaxplatform.errors import validation_error
from vaxplatform.forms import Form

SIZES = (500, 2_000, 5_000, MOST_PEOPLE)


class MakeListForm(Form):
    """`own`: the province of the posting, which then has no choice; None for the nation."""

    province = forms.ModelChoiceField(
        provinces_in_use(),
        label=_("Province or city"),
        required=False,
        to_field_name="code",
        empty_label=_("Whole country"),
    )
    limit = forms.TypedChoiceField(
        label=_("At most this many people"), coerce=int, initial=SIZES[1], choices=()
    )

    def __init__(self, *args: Any, own: AdministrativeUnit | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sizes: Any = self.fields["limit"]
        sizes.choices = [(size, formatting.number(size)) for size in SIZES]
        self.own = own
        if own is not None:
            del self.fields["province"]

    @property
    def place(self) -> AdministrativeUnit | None:
        chosen: AdministrativeUnit | None = self.own or self.cleaned_data.get("province")
        return chosen


class AnswersForm(Form):
    """The list's own file, with its last columns filled in."""

    file = forms.FileField(
        label=_("File with the answers"),
        allow_empty_file=True,  # refused by what it holds, in our words
        help_text=_("Excel (.xlsx, .xls), LibreOffice (.ods) or CSV, at most 20 MB."),
        widget=forms.FileInput({"accept": ".xlsx,.xls,.ods,.csv"}),
        error_messages={"required": _("Choose the file.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise validation_error(exceptions.FileTooLarge())
        return file
