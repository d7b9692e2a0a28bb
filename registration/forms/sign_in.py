"""Signing in: a phone, then the code that was sent to it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from registration.forms.fields import PhoneField
from vaxplatform.forms import Form


class PhoneForm(Form):
    phone = PhoneField(
        help_text=_("We send a code to it. One number can serve the whole household."),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput, max_length=300)
    input_classes = {"phone": "w-14"}


class CodeForm(Form):
    code = forms.CharField(
        label=_("Code of 6 digits"),
        max_length=40,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    input_classes = {"code": "w-10"}

    def clean_code(self) -> str:
        digits = "".join(self.cleaned_data["code"].split())
        if len(digits) != 6 or not digits.isdecimal():
            raise forms.ValidationError(_("The code has 6 digits."), code="not_six_digits")
        return digits
