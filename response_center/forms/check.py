"""Asking without an account where a certificate is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from registration.forms.fields import DayField, NameField, PhoneField
from response_center.forms.site_choice import SiteChoiceForm
from vaxplatform.forms import DateOfBirthField


class CheckForm(SiteChoiceForm):
    """Who was vaccinated, where, and the phone that proves who asks."""

    full_name = NameField(label=_("Full name of the person who was vaccinated"))
    date_of_birth = DateOfBirthField(label=_("Date of birth of that person"))
    administered_on = DayField(label=_("Day of the shot"), required=False)
    phone = PhoneField(
        help_text=_("The number that was given at the site. We send a code to it, nothing else.")
    )
    input_classes = {"phone": "w-14"}
    field_order = (
        "full_name",
        "date_of_birth",
        "administered_on",
        "province",
        "site_name",
        "site",
        "phone",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_sites()
