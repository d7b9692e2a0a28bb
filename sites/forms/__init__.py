"""Forms of the work pages; a refusal of a service stands beside its field."""

from sites.forms.desk import ReasonForm, ScanForm, SessionForm, WalkInForm, walk_in_from_scan
from sites.forms.dose import DoseForm, PaperDoseForm
from sites.forms.screening import screening_form

__all__ = [
    "DoseForm",
    "PaperDoseForm",
    "ReasonForm",
    "ScanForm",
    "SessionForm",
    "WalkInForm",
    "screening_form",
    "walk_in_from_scan",
]
