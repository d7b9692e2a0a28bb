"""Cases and their history, evidence, corrections, answers, records joined, alarms seen."""

from response_center.models.alarm import AlarmAcknowledgement
from response_center.models.answer import AnswerTemplate, AnswerUse, BulkAnswer
from response_center.models.case import (
    CLOSED_CASE,
    LIVE_CASE,
    Case,
    CaseCause,
    CaseChannel,
    CaseEvent,
    CaseKind,
    CaseLevel,
    CaseStatus,
    CaseUrgency,
    CaseVerb,
    RejectionReason,
)
from response_center.models.correction import (
    LIVE_CORRECTION,
    CorrectedField,
    Correction,
    CorrectionLine,
    CorrectionStatus,
)
from response_center.models.evidence import CaseEvidence, EvidenceKind
from response_center.models.people import (
    DuplicatePair,
    DuplicateSearch,
    DuplicateSign,
    PairStatus,
)

__all__ = [
    "CLOSED_CASE",
    "LIVE_CASE",
    "LIVE_CORRECTION",
    "AlarmAcknowledgement",
    "AnswerTemplate",
    "AnswerUse",
    "BulkAnswer",
    "Case",
    "CaseCause",
    "CaseChannel",
    "CaseEvent",
    "CaseEvidence",
    "CaseKind",
    "CaseLevel",
    "CaseStatus",
    "CaseUrgency",
    "CaseVerb",
    "CorrectedField",
    "Correction",
    "CorrectionLine",
    "CorrectionStatus",
    "DuplicatePair",
    "DuplicateSearch",
    "DuplicateSign",
    "EvidenceKind",
    "PairStatus",
    "RejectionReason",
]
