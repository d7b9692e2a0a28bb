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
    FAILURE_LENGTH,
    CodePurpose,
    OneTimeCode,
    SmsMessage,
    SmsStatus,
)
from registration.models.need import (
    LIVE_REGISTRATION,
    CheckInCode,
    DoseKind,
    GuardianRelation,
    HalfDay,
    MedicalHistoryQuestion,
    PriorityGroup,
    RegistrationStatus,
    ShotRegistration,
)
from registration.models.people_list import PeopleList, PeopleListRow, RowState
from registration.models.place import AdministrativeUnit, UnitKind, UnitSuccession
from registration.models.push import ENDPOINT_LENGTH, PushSubscription

__all__ = [
    "ABOUT_A_RECORD",
    "ENDPOINT_LENGTH",
    "FAILURE_LENGTH",
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
    "GuardianRelation",
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
    "PeopleList",
    "PeopleListRow",
    "PriorityGroup",
    "PushSubscription",
    "RecordAccess",
    "RecordClaim",
    "RegistrationStatus",
    "RowState",
    "Sex",
    "ShotRegistration",
    "SmsMessage",
    "SmsStatus",
    "UnitKind",
    "UnitSuccession",
]
