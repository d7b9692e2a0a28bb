"""People, places, needs for a shot, and messages to phones."""

from registration.models.account import Account
from registration.models.citizen import (
    Citizen,
    DocumentKind,
    HouseholdMember,
    IdentityCheck,
    IdentityDocument,
    RecordAccess,
    Sex,
)
from registration.models.claim import ClaimStatus, CodeForRecord, RecordClaim
from registration.models.identity_check import (
    IdentityCheckEvent,
    IdentityCheckList,
    IdentityCheckRow,
    IdentityTally,
    ListAct,
    MismatchedField,
)
from registration.models.message import (
    ABOUT_A_RECORD,
    CodePurpose,
    OneTimeCode,
    SmsMessage,
    SmsStatus,
)
from registration.models.need import (
    LIVE_REGISTRATION,
    CheckInCode,
    DoseKind,
    HalfDay,
    MedicalHistoryQuestion,
    PriorityGroup,
    RegistrationStatus,
    ShotRegistration,
)
from registration.models.place import AdministrativeUnit, UnitKind, UnitSuccession

__all__ = [
    "ABOUT_A_RECORD",
    "LIVE_REGISTRATION",
    "Account",
    "AdministrativeUnit",
    "CheckInCode",
    "Citizen",
    "ClaimStatus",
    "CodeForRecord",
    "CodePurpose",
    "DocumentKind",
    "DoseKind",
    "HalfDay",
    "HouseholdMember",
    "IdentityCheck",
    "IdentityCheckEvent",
    "IdentityCheckList",
    "IdentityCheckRow",
    "IdentityDocument",
    "IdentityTally",
    "ListAct",
    "MedicalHistoryQuestion",
    "MismatchedField",
    "OneTimeCode",
    "PriorityGroup",
    "RecordAccess",
    "RecordClaim",
    "RegistrationStatus",
    "Sex",
    "ShotRegistration",
    "SmsMessage",
    "SmsStatus",
    "UnitKind",
    "UnitSuccession",
]
