import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sites.management.places import site_by_code
from sites.models import Vaccine
from sites.services.stock import receive_lot
from vaxplatform.errors import DomainError


class Command(BaseCommand):
    help = "Take doses of a lot into a site's stock."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--vaccine", required=True, metavar="EU_CODE")
        parser.add_argument("--lot", required=True)
        parser.add_argument(
            "--expires", required=True, type=datetime.date.fromisoformat, metavar="YYYY-MM-DD"
        )
        parser.add_argument("--doses", required=True, type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        vaccine = Vaccine.objects.filter(code=options["vaccine"]).first()
        if vaccine is None:
            raise CommandError(f"There is no vaccine {options['vaccine']}.")
        try:
            lot = receive_lot(
                site=site_by_code(options["site"]),
                vaccine=vaccine,
                number=options["lot"],
                expires_on=options["expires"],
                doses=options["doses"],
                by=None,
                now=timezone.now(),
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{lot.number}: {lot.doses_left} doses left at {lot.site.code}.")
