"""Forms of the citizens' pages; every refusal comes with its sentence beside its field."""

from registration.forms.person import AddPersonForm, PersonForm
from registration.forms.place import HomeForm, RegistrationHomeForm
from registration.forms.sign_in import CodeForm, PhoneForm
from registration.forms.wish import ConsentForm, HealthForm, WhoForm, WishForm

__all__ = [
    "AddPersonForm",
    "CodeForm",
    "ConsentForm",
    "HealthForm",
    "HomeForm",
    "PersonForm",
    "PhoneForm",
    "RegistrationHomeForm",
    "WhoForm",
    "WishForm",
]
