from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.exceptions import KeysNotHere
from certificates.services.clock import database_now
from certificates.services.list_signer import rotate_list_signer
from certificates.services.publishing import publish_lists


class Command(BaseCommand):
    help = "Bring every list for verifiers up to date now; workers do it by themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-signer",
            action="store_true",
            help="make a new signer of lists first; needs the country authority's key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_signer"]:
                rotate_list_signer(now=database_now())
            written = publish_lists(database_now())
        except KeysNotHere as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{written} batches and files written")
