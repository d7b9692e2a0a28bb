from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.services.webhooks import register_webhook
from sites.models import ApiClient
from vaxplatform.errors import DomainError


class Command(BaseCommand):
    help = (
        "Tell a system at this address when certificates of its site are issued, replaced or "
        "revoked; prints the secret that signs the messages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", required=True, metavar="NAME")
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--url", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        clients = ApiClient.objects.filter(
            name=options["client"], site__code=options["site"], is_active=True
        )
        if len(clients) != 1:
            raise CommandError(f"{len(clients)} active clients of this site have this name.")
        try:
            _webhook, secret = register_webhook(client=clients[0], url=options["url"])
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(secret)
