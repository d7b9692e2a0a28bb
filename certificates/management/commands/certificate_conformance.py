from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.conformance.table import as_markdown, examine_folder, replace_in


class Command(BaseCommand):
    help = (
        "Compare the certificate reader with the published test vectors of other countries and "
        "print the table; with --write, put it into a document. Ends with an error when anything "
        "differs that is not a known upstream error. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, help="the folder that holds dgc-testdata, schema and vn-sample"
        )
        parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="write it in here")

    def handle(self, *args: Any, folder: Path, write: Path | None, **options: Any) -> None:
        try:
            found = examine_folder(folder)
        except OSError as error:
            raise CommandError(f"no test vectors: {error}") from error
        table = as_markdown(found)
        if write is None:
            self.stdout.write(table)
        else:
            document = write.read_text(encoding="utf-8")
            write.write_text(replace_in(document, table), encoding="utf-8")
        if found.failures:
            raise CommandError("\n".join(found.failures))
