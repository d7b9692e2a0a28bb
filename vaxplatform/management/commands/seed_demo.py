from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from vaxplatform.demo.country import Country, is_empty


class Command(BaseCommand):
    help = "Fill an empty database with a country in small; the same for the same arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--citizens", type=int, default=3000)
        parser.add_argument("--doses", type=int, default=4000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty():
            self.stdout.write("There are people in this database already: nothing was added.")
            return
        country = Country(
            citizens=options["citizens"],
            doses=options["doses"],
            now=timezone.now(),
            say=self.stdout.write,
        )
        country.build()
