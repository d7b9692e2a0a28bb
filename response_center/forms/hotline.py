"""A caller on the telephone: who is meant, then the report in the caller's words."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import NameField, PhoneField
from registration.models import Citizen
from response_center.forms.report import ReportForm
from response_center.models import CaseKind
from response_center.services.opening import Report
from vaxplatform.forms import DateOfBirthField, Form
from vaxplatform.widgets import RadioCards

KINDS = [(kind.value, kind.label) for kind in CaseKind if kind != CaseKind.STUCK_CERTIFICATE]
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]


class CallerForm(Form):
    """Who is meant, and where the answer goes."""

    full_name = NameField(label=_("Full name of the person who was vaccinated"))
    date_of_birth = DateOfBirthField(label=_("Date of birth of that person"))
    phone = PhoneField(label=_("Phone for the answer"))
    language = forms.ChoiceField(
        label=_("Language of the answer"),
        choices=LANGUAGES,
        initial="vi",
        widget=RadioCards(row=True),
    )
    input_classes = {"phone": "w-14"}


class KindForm(Form):
    kind = forms.ChoiceField(label=_("What is it about?"), choices=KINDS, widget=RadioCards)


class HotlineReportForm(ReportForm):
    """The report's own fields, without those that the caller has told already."""

    def __init__(self, *args: Any, caller: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, account=None, **kwargs)
        self.caller = caller
        for name in ("full_name", "date_of_birth", "phone"):
            self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        return {**super().clean(), **self.caller}

    def report_on(self, citizen: Citizen | None) -> Report:
        """The report of a valid form, about `citizen` where the caller's phone is that person's."""
        return replace(self.report(), citizen=citizen, language=self.caller["language"])
