"""Reported totals, recorded rollups, and the wires that say what to count again."""

from public_portal.models.report import DailyReport
from public_portal.models.rollup import DirtyDay, ProvinceDay, SiteDay
from public_portal.models.wires import CountedDose, CountedReport

__all__ = [
    "CountedDose",
    "CountedReport",
    "DailyReport",
    "DirtyDay",
    "ProvinceDay",
    "SiteDay",
]
