"""Forms of the citizens' pages; every refusal comes with its sentence beside its field."""

from registration.forms.person import AddPersonForm, GuardianForm, PersonForm
from registration.forms.place import GroupForm, HomeForm, MoveForm
from registration.forms.scan import ScanForm
from registration.forms.sign_in import CodeForm, PhoneForm
from registration.forms.wish import ConsentForm, DayForm, HealthForm, WhoForm, WishForm

__all__ = [
    "AddPersonForm",
    "CodeForm",
    "ConsentForm",
    "DayForm",
    "GroupForm",
    "GuardianForm",
    "HealthForm",
    "HomeForm",
    "MoveForm",
    "PersonForm",
    "PhoneForm",
    "ScanForm",
    "WhoForm",
    "WishForm",
]
