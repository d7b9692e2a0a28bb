"""Cases and their history."""

from response_center.models.case import (
    LIVE_CASE,
    Case,
    CaseEvent,
    CaseKind,
    CaseLevel,
    CaseStatus,
    CaseVerb,
    RejectionReason,
)

__all__ = [
    "LIVE_CASE",
    "Case",
    "CaseEvent",
    "CaseKind",
    "CaseLevel",
    "CaseStatus",
    "CaseVerb",
    "RejectionReason",
]
