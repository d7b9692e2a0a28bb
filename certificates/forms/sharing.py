"""The form that makes a share link."""

import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.services.sharing import LIFETIMES
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

WORDS = {"hour": _("1 hour"), "day": _("1 day"), "week": _("7 days")}


class ShareForm(Form):
    lifetime = forms.ChoiceField(
        label=_("How long the link works"),
        choices=[(name, WORDS[name]) for name in LIFETIMES],
        initial="hour",
        widget=RadioCards(row=True),
    )

    def chosen(self) -> datetime.timedelta:
        """Of a valid form."""
        return LIFETIMES[self.cleaned_data["lifetime"]]
