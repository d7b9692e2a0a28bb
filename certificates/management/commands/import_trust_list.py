from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.hcert.trust import TrustListError
from certificates.services.foreign import import_signers


class Command(BaseCommand):
    help = (
        "Believe the document signers of other countries. Fetch the list from where you know it "
        "is genuine: it is believed as a whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="JSON like the EU gateway's or ours, PEM, or a JWK set with x5c"
        )
        parser.add_argument(
            "--country", default="", help="whose list it is (two letters); others are refused"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="forget the signers (of that country) that the list does not name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
            outcome = import_signers(
                text=text, country=options["country"], replace=options["replace"]
            )
        except (OSError, UnicodeDecodeError, TrustListError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        for place, why in outcome.refused:
            self.stderr.write(f"entry {place} refused: {why}")
        self.stdout.write(
            f"{outcome.added} added, {outcome.changed} changed, {outcome.known} known before, "
            f"{outcome.removed} removed, {len(outcome.refused)} refused, "
            f"{outcome.passed_over} of other types passed over"
        )
