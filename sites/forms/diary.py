"""What the household is asked after a dose."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sites import aefi_rules
from sites.forms.aefi import WordsField
from sites.models import AefiAnswer
from vaxplatform.forms import Form
from vaxplatform.widgets import CheckboxCards, RadioCards


class DiaryForm(Form):
    """How the person is today: one press for most."""

    answer = forms.ChoiceField(
        label=_("How is this person today?"),
        choices=[
            (AefiAnswer.WELL, _("Feeling well")),
            (AefiAnswer.MILD, _("Some mild signs")),
            (AefiAnswer.UNWELL, _("Not feeling well")),
        ],
        widget=RadioCards(
            hints={
                AefiAnswer.MILD: _("Such as a sore arm, tiredness or a low fever"),
                AefiAnswer.UNWELL: _("It worries you, or it gets worse"),
            }
        ),
    )
    symptoms = forms.MultipleChoiceField(
        label=_("Which signs are there?"), required=False, widget=CheckboxCards, choices=()
    )
    words = WordsField(
        label=_("In your own words"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "vi"
        signs: Any = self.fields["symptoms"]
        signs.choices = [
            (sign.code, sign.label(language))
            for sign in aefi_rules.symptoms().values()
            if sign.is_asked_at_home
        ]
