"""The open reports in a person's health book."""

from registration.health_book import Section
from registration.models import Citizen
from response_center.selectors import live_cases_of
from response_center.views.show import case_line


def reports_section(citizen: Citizen) -> Section | None:
    """The person's open cases, where each stands and by when it is answered; None without any."""
    lines = [case_line(case) for case in live_cases_of(citizen)]
    return Section("response_center/health_book.html", {"lines": lines}) if lines else None
