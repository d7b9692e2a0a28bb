"""Vaccines and their rules, sites, sessions, stock, visits and doses."""

from sites.models.aefi import AefiOutcome, AefiReport, AnaphylaxisGrade, Seriousness
from sites.models.dose import Dose, DoseSource, DoseStatus
from sites.models.follow_up import AefiAnswer, FollowUp, FollowUpRound
from sites.models.imports import (
    ColumnMapping,
    DoseImport,
    ImportedChunk,
    ImportedRow,
    ImportState,
    MatchedBy,
    RowOutcome,
)
from sites.models.session import (
    Appointment,
    AppointmentStatus,
    Campaign,
    Session,
    SessionPart,
    SessionStatus,
)
from sites.models.sheets import PaperSheet, SheetEntry, SheetRow, SheetState, SheetTakeover
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
    VaccineSpelling,
    VitalBound,
    VitalSign,
)
from sites.models.visit import Screening, Visit, VisitStatus

__all__ = [
    "AefiAnswer",
    "AefiOutcome",
    "AefiReport",
    "AnaphylaxisGrade",
    "FollowUp",
    "FollowUpRound",
    "Seriousness",
    "ApiClient",
    "Appointment",
    "AppointmentStatus",
    "BoundApplies",
    "Campaign",
    "ColumnMapping",
    "Dose",
    "DoseImport",
    "DoseSource",
    "DoseStatus",
    "ImportState",
    "ImportedChunk",
    "ImportedRow",
    "IntervalRule",
    "LookupCount",
    "Lot",
    "MatchedBy",
    "MovementKind",
    "NATIONAL_ROLES",
    "PaperSheet",
    "Role",
    "RowOutcome",
    "SITE_ROLES",
    "Screening",
    "ScreeningForm",
    "ScreeningOutcome",
    "ScreeningQuestion",
    "Session",
    "SessionPart",
    "SessionStatus",
    "SheetEntry",
    "SheetRow",
    "SheetState",
    "SheetTakeover",
    "Site",
    "StaffPosting",
    "StockMovement",
    "Vaccine",
    "VaccineSpelling",
    "Visit",
    "VisitStatus",
    "VitalBound",
    "VitalSign",
]
