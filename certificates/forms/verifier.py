from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput, add_to_form
from vaxplatform.forms import Form
from vaxplatform.photo_codes import read_code


class VerifyForm(Form):
    """The text of a QR code, or a photo of it. Spaces inside the text belong to it."""

    hcert = forms.CharField(
        label=_("Text of the QR code"),
        help_text=_("Paste the text that begins with HC1:, all of it."),
        strip=False,
        error_messages={"required": _("Paste the text of the code, or choose a photo of it.")},
        widget=forms.Textarea(
            {"rows": 4, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        ),
    )
    photo = forms.FileField(
        label=_("Or a photo of the QR code"),
        help_text=_("JPEG, PNG or WebP, at most 10 MB."),
        required=False,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean(self) -> dict[str, Any]:
        """Put the text to judge into `hcert`: the one pasted, else the one in the photo."""
        data = super().clean() or self.cleaned_data
        text = "".join(data.get("hcert", "").splitlines()).lstrip()
        photo = data.get("photo")
        if not text and photo and self.has_error("hcert", "required"):
            del self.errors["hcert"]
            try:
                text = read_code(photo, size=photo.size, is_wanted=_is_certificate)
            except InvalidInput as refusal:
                add_to_form(self, refusal)
        return {**data, "hcert": text}


def _is_certificate(text: str) -> bool:
    return text.startswith("HC1:")
