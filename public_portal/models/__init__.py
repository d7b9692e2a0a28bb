"""Reported totals, recorded rollups, and the wires that say what to count again."""

from public_portal.models.reconciliation import ReconciliationRun
from public_portal.models.report import DailyReport
from public_portal.models.restatement import Cause, RestatedFigure, Restatement
from public_portal.models.rollup import (
    DirtyDay,
    DoseCounts,
    LateEntry,
    ProvinceDay,
    ProvinceVaccineDay,
    ResidenceDay,
    SiteDay,
    SiteResidenceDay,
    StatisticsVersion,
)
from public_portal.models.wires import (
    CountedCitizen,
    CountedDose,
    CountedReport,
    CountedSite,
    CountedVaccine,
)

__all__ = [
    "Cause",
    "CountedCitizen",
    "CountedDose",
    "CountedReport",
    "CountedSite",
    "CountedVaccine",
    "DailyReport",
    "DirtyDay",
    "DoseCounts",
    "LateEntry",
    "ProvinceDay",
    "ProvinceVaccineDay",
    "ReconciliationRun",
    "ResidenceDay",
    "RestatedFigure",
    "Restatement",
    "SiteDay",
    "SiteResidenceDay",
    "StatisticsVersion",
]
