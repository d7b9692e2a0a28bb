from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sites.management.places import site_by_code
from sites.services.access import create_api_client


class Command(BaseCommand):
    help = "Create a client of the API for a site; prints its token, which is kept as a hash only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--site", required=True, metavar="CODE")

    def handle(self, *args: Any, **options: Any) -> None:
        _client, token = create_api_client(name=options["name"], site=site_by_code(options["site"]))
        self.stdout.write(token)
