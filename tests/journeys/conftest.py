"""A real browser against a real server; the pages are the ones people use."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browsers import chromium_path

# Playwright keeps an event loop in this thread; the tests' own queries are not in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def phone_messages(settings, tmp_path):
    """Where the SMS of this test are written, a JSON line each."""
    settings.SMS_BACKEND = "file"
    settings.SMS_FILE = str(tmp_path / "sms.jsonl")
    return tmp_path / "sms.jsonl"
