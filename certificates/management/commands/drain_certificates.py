import signal
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections, connection
from django.db.utils import Error

from certificates.exceptions import KeysNotHere
from certificates.services import keys
from certificates.services.clock import database_now
from certificates.services.drain import beat, stopping
from certificates.services.issuance import drain_due
from vaxplatform.chores import Round

log = structlog.get_logger(__name__)

IDLE_SECONDS = 1.5
LONGEST_WAIT_SECONDS = 15.0


class Command(BaseCommand):
    help = "Issue the certificates that are due, and do every other chore; needs PostgreSQL only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="issue what is due, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys.ensure_signers(now=database_now())
            if options["once"]:
                issued = drain_due()
                beat(issued=issued)
                self.stdout.write(f"{issued} certificates issued")
                return
        except KeysNotHere as error:
            raise CommandError(str(error)) from error
        except Error:
            if options["once"]:
                raise
            log.exception("database_lost")  # the loop waits for it
        self._loop()

    def _loop(self) -> None:
        """Work until SIGTERM or Ctrl-C; a lost database is waited for, ever more patiently."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.set())
        chores, wait = Round(), IDLE_SECONDS
        while not stopping.is_set():
            if _database_answers():
                chores.run_due()
                wait = IDLE_SECONDS
            else:
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            stopping.wait(wait)
        log.info("worker_stopped")


def _database_answers() -> bool:
    try:
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        log.warning("database_lost", error=type(error).__name__)
        connection.close()
        return False
    return True
