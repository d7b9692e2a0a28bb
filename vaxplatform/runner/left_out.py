"""A pytest plugin that says beside the summary that the browser tests were left out."""

from typing import Any

from vaxplatform.runner.browser import HOW_TO_GET_IT


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("BROWSER TESTS LEFT OUT: no Chromium here", red=True, bold=True)
    terminalreporter.write_line(HOW_TO_GET_IT)
