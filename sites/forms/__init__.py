"""Forms of the work pages; a refusal of a service stands beside its field."""

from sites.forms.desk import ReasonForm, ScanForm, SessionForm, WalkInForm, walk_in_from_scan
from sites.forms.dose import DoseForm, PaperDoseForm
from sites.forms.imports import ColumnsForm, LeaveOutForm, SendFileForm
from sites.forms.screening import screening_form
from sites.forms.stock import ReceiveForm, WasteForm

__all__ = [
    "ColumnsForm",
    "DoseForm",
    "LeaveOutForm",
    "PaperDoseForm",
    "ReasonForm",
    "ReceiveForm",
    "ScanForm",
    "SendFileForm",
    "SessionForm",
    "WalkInForm",
    "WasteForm",
    "screening_form",
    "walk_in_from_scan",
]
