"""Vaccines and their rules, sites, sessions, stock, visits and doses."""

from sites.models.dose import Dose, DoseSource, DoseStatus
from sites.models.session import (
    Appointment,
    AppointmentStatus,
    Campaign,
    Session,
    SessionPart,
    SessionStatus,
)
from sites.models.site import (
    NATIONAL_ROLES,
    SITE_ROLES,
    ApiClient,
    LookupCount,
    Role,
    Site,
    StaffPosting,
)
from sites.models.stock import Lot, MovementKind, StockMovement
from sites.models.vaccine import (
    BoundApplies,
    IntervalRule,
    ScreeningForm,
    ScreeningOutcome,
    ScreeningQuestion,
    Vaccine,
    VitalBound,
    VitalSign,
)
from sites.models.visit import Screening, Visit, VisitStatus

__all__ = [
    "NATIONAL_ROLES",
    "SITE_ROLES",
    "ApiClient",
    "Appointment",
    "AppointmentStatus",
    "BoundApplies",
    "Campaign",
    "Dose",
    "DoseSource",
    "DoseStatus",
    "IntervalRule",
    "LookupCount",
    "Lot",
    "MovementKind",
    "Role",
    "Screening",
    "ScreeningForm",
    "ScreeningOutcome",
    "ScreeningQuestion",
    "Session",
    "SessionPart",
    "SessionStatus",
    "Site",
    "StaffPosting",
    "StockMovement",
    "Vaccine",
    "Visit",
    "VisitStatus",
    "VitalBound",
    "VitalSign",
]
