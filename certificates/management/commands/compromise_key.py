import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.exceptions import KeyNotFound, KeysNotHere
from certificates.models import SigningKey
from certificates.services import compromise, keys
from certificates.services.clock import database_now
from certificates.services.issuance import issue_due
from vaxplatform.errors import DomainError

PROGRESS_SECONDS = 5
PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "A signing key is in wrong hands: what it signed is void at once, and every dose that it "
        "certified gets a new certificate. Run again after an interruption, it goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kid", help="the key identifier, 16 hex digits")
        parser.add_argument("--reason", required=True, help="a few words, without personal data")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="issue along with the workers until all are replaced",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["dry_run"]:
                self._tell(kid=options["kid"])
                return
            key = keys.call_key_back(
                kid=options["kid"], reason=options["reason"], now=database_now()
            )
            self.stdout.write(f"{key.kid} is compromised; its certificates are void from now on")
            self._queue(key)
            if options["wait"]:
                self._wait(key)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except KeysNotHere as error:
            raise CommandError(str(error)) from error

    def _tell(self, *, kid: str) -> None:
        key = SigningKey.objects.filter(kid=kid).first()
        if key is None:
            raise KeyNotFound
        self.stdout.write(
            f"{key.kid} (group {key.group or 'without a name'}, {key.status}) has signed "
            f"{compromise.live_certificates(key=key)} live certificates; nothing was changed"
        )

    def _queue(self, key: SigningKey) -> None:
        queued, clock = 0, Stopwatch()
        for size in compromise.queue_again(key=key):
            queued += size
            if clock.is_time_to_tell():
                self.stdout.write(f"{queued} queued, {clock.rate(queued):.0f} a second")
        self.stdout.write(
            f"{queued} queued for a new certificate, {clock.rate(queued):.0f} a second; "
            f"the workers issued {compromise.issued_lately()} certificates in the last minute"
        )

    def _wait(self, key: SigningKey) -> None:
        """Issue what is due, first what was promised to people who wait, until all is replaced."""
        before, clock = compromise.live_certificates(key=key), Stopwatch()
        while not compromise.is_replaced(key=key):
            if not issue_due():
                time.sleep(PAUSE_SECONDS)  # the rest is in other workers' hands
            if clock.is_time_to_tell():
                left = compromise.live_certificates(key=key)
                self.stdout.write(f"{left} left, {clock.rate(before - left):.0f} a second")
        left = compromise.live_certificates(key=key)
        self.stdout.write(f"{before - left} replaced, {clock.rate(before - left):.0f} a second")
        if left:
            self.stdout.write(f"{left} need a person: see the certificates that need a review")


class Stopwatch:
    """How fast it goes, and when it is time to say so."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    def rate(self, count: int) -> float:
        return count / max(time.monotonic() - self._began, 0.001)

    def is_time_to_tell(self) -> bool:
        if time.monotonic() - self._told < PROGRESS_SECONDS:
            return False
        self._told = time.monotonic()
        return True
