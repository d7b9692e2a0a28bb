import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from vaxplatform.invariants import INVARIANTS

SHOWN = 20


class Command(BaseCommand):
    help = "Check every promise that rows must keep; exit 0 only when all hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # One snapshot, so that doses recorded meanwhile do not look like violations.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            found = {name: check.violations() for name, check in INVARIANTS.items()}
        if options["json"]:
            holds = not any(found.values())
            self.stdout.write(json.dumps({"holds": holds, "violations": found}, indent=2))
        else:
            self._print(found)
        if any(found.values()):
            sys.exit(1)

    def _print(self, found: dict[str, list[str]]) -> None:
        for name, violations in found.items():
            verdict = f"{len(violations)} violations" if violations else "holds"
            self.stdout.write(f"{name}: {verdict}")
            for violation in violations[:SHOWN]:
                self.stdout.write(f"  {violation}")
