from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.services.revocation import revoke_certificate
from vaxplatform.errors import DomainError


class Command(BaseCommand):
    help = "Call one certificate back by its identifier (UVCI)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uvci")
        parser.add_argument("--reason", required=True, help="a few words, without personal data")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            certificate = revoke_certificate(uvci=options["uvci"], reason=options["reason"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"revoked {certificate.uvci}")
