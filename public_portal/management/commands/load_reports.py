import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from public_portal.services.reports import file_reports, rows_of_csv
from public_portal.services.rollups import refresh_all_statistics
from vaxplatform.errors import DomainError


class Command(BaseCommand):
    help = (
        "File the daily reports of a CSV file: province_code, site_code, date, vaccine, doses,"
        " first_doses. Good rows go in; the others are listed with line and reason (exit 1)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        result = file_reports(rows=self._rows(options["file"]), now=now)
        refresh_all_statistics(now)
        for row in result.refused:
            self.stderr.write(f"line {row.line}: {row.error.detail}")
        self.stdout.write(f"{result.filed} rows filed, {len(result.refused)} refused.")
        if result.refused:
            sys.exit(1)

    def _rows(self, path: Path) -> Any:
        try:
            return rows_of_csv(path)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read.") from error
