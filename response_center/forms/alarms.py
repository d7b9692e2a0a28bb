"""Taking an alarm of the command board in hand."""

from django import forms
from django.utils.translation import gettext_lazy as _

from response_center.services.alarms import HOLDS_HOURS, NOTE_LENGTH
from vaxplatform.alarms import READERS
from vaxplatform.forms import Form
from vaxplatform.widgets import RadioCards

# What stands before a colon in an alarm's key; behind it, what the alarm is about.
ALARMS = (
    "stuck", "late", "outside_queue", "aefi_overdue", "lot_signal", "workers", "sms", "codes",
    "stock", "silent_sites",
)  # fmt: skip


class AlarmForm(Form):
    """`size` is what the alarm counted when the person saw it."""

    alarm = forms.CharField(max_length=80, widget=forms.HiddenInput)
    size = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What is being done"),
        help_text=_("Everybody who sees the board reads this. No names of patients."),
        max_length=NOTE_LENGTH,
    )
    hours = forms.TypedChoiceField(
        label=_("In hand for"),
        coerce=int,
        choices=[
            (str(HOLDS_HOURS[0]), _("one hour")),
            (str(HOLDS_HOURS[1]), _("four hours")),
            (str(HOLDS_HOURS[2]), _("twelve hours")),
            (str(HOLDS_HOURS[3]), _("a day")),
        ],
        initial=str(HOLDS_HOURS[1]),
        widget=RadioCards(row=True),
    )

    def clean_alarm(self) -> str:
        alarm: str = self.cleaned_data["alarm"]
        if alarm.partition(":")[0] not in (*ALARMS, *READERS):
            raise forms.ValidationError(_("The board knows no such alarm."))
        return alarm
