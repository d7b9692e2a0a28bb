"""Ways to send an SMS: to the terminal, to a file, or to a gateway over HTTP.

`settings.SMS_BACKEND` names one. Each raises `SmsNotSent`, with a reason that names no person.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings


class SmsNotSent(Exception):
    """The message did not go out; it is tried again."""


class Backend(Protocol):
    def send(self, *, phone: str, text: str, key: str, timeout: float) -> None:
        """Hand the message over within about `timeout` seconds; raises SmsNotSent. `key` is the
        same at each attempt of one message."""


class ConsoleBackend:
    """Prints the message where the server runs: for development, codes can be read off it."""

    def send(self, *, phone: str, text: str, key: str, timeout: float) -> None:
        line = f" SMS to {phone}: {text} "
        bar = "─" * len(line)
        sys.stdout.write(f"┌{bar}┐\n│{line}│\n└{bar}┘\n")
        sys.stdout.flush()


class FileBackend:
    """Appends one JSON object a line, `{"phone", "text"}`, to settings.SMS_FILE."""

    def send(self, *, phone: str, text: str, key: str, timeout: float) -> None:
        line = json.dumps({"phone": phone, "text": text}, ensure_ascii=False)
        try:
            path = Path(settings.SMS_FILE)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")  # one write: lines of several processes do not mix
        except OSError as error:
            raise SmsNotSent(type(error).__name__) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that moved is an error: a message must not follow it to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def no_redirects() -> urllib.request.OpenerDirector:
    """Opens addresses and follows no redirect."""
    return urllib.request.build_opener(_NoRedirect)


class HttpBackend:
    """POSTs `{"phone": "+84…", "text": "…"}` with a bearer token; any 2xx means accepted.

    `Idempotency-Key` is the same at every attempt of one message: a gateway that has taken it
    before answers 2xx and sends nothing, so that nobody gets a message twice.
    """

    def send(self, *, phone: str, text: str, key: str, timeout: float) -> None:
        if urlsplit(settings.SMS_HTTP_URL).scheme not in {"http", "https"}:
            raise SmsNotSent("SMS_HTTP_URL is not an http address")
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
            settings.SMS_HTTP_URL,
            data=json.dumps({"phone": phone, "text": text}).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {settings.SMS_HTTP_TOKEN}",
                "Idempotency-Key": key,
            },
            method="POST",
        )
        try:
            with no_redirects().open(request, timeout=timeout):
                pass
        except urllib.error.HTTPError as error:
            raise SmsNotSent(f"HTTP {error.code}") from error
        except (OSError, ValueError) as error:
            raise SmsNotSent(type(error).__name__) from error


BACKENDS: dict[str, type[Backend]] = {
    "console": ConsoleBackend,
    "file": FileBackend,
    "http": HttpBackend,
}


def backend_in_use() -> Backend:
    """The one that settings.SMS_BACKEND names; raises SmsNotSent for a name nobody knows."""
    try:
        return BACKENDS[settings.SMS_BACKEND]()
    except KeyError as error:
        raise SmsNotSent("SMS_BACKEND names no backend") from error
