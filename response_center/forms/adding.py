"""What a person adds to a report: a photo, more words, an objection."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from response_center.models import EvidenceKind
from vaxplatform.forms import Form
from vaxplatform.photos import MAX_BYTES
from vaxplatform.widgets import RadioCards

KEPT = "\n\t"


class WordsField(forms.CharField):
    """Free words over lines: composed (NFC), without invisible and control characters."""

    def __init__(self, **kwargs: Any) -> None:
        values = {"max_length": 3000, "widget": forms.Textarea({"rows": 5})}
        super().__init__(**{**values, **kwargs})

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", super().to_python(value) or "").replace("\r\n", "\n")
        return "".join(ch for ch in text if ch in KEPT or unicodedata.category(ch)[0] != "C")


class PhotoField(forms.FileField):
    """A picture as bytes; what it holds is judged where it is drawn anew."""

    def __init__(self, **kwargs: Any) -> None:
        values = {
            "label": _("Photo"),
            "help_text": _(
                "JPEG, PNG or WebP, at most 10 MB. Only those who work on it see it. It is "
                "deleted 90 days after the report ends."
            ),
            "widget": forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
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


class PhotoForm(Form):
    """One photo for a report."""

    kind = forms.ChoiceField(
        label=_("What does the photo show?"),
        choices=EvidenceKind.choices,
        initial=EvidenceKind.SLIP,
        widget=RadioCards,
    )
    photo = PhotoField()


class MoreForm(Form):
    """More words to a report."""

    words = WordsField(label=_("What do you want to add?"))


class ObjectionForm(Form):
    """Why the answer is not right; once."""

    words = WordsField(label=_("Why is the answer not right?"))
