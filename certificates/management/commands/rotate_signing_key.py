from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.exceptions import KeysNotHere
from certificates.services import keys
from certificates.services.clock import database_now


class Command(BaseCommand):
    help = "Make a new signing key; certificates signed with the old one stay valid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--compromised",
            action="store_true",
            help="the old key is in wrong hands: what it signed becomes void and is issued again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = keys.rotate_signing_key(now=database_now(), compromised=options["compromised"])
        except KeysNotHere as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"signing with {key.kid} until {key.sign_until:%Y-%m-%d}")
