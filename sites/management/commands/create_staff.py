from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from registration.models import AdministrativeUnit, UnitKind
from registration.selectors import unit_by_code
from sites.management.places import site_by_code
from sites.models import Role
from sites.services.access import create_staff


class Command(BaseCommand):
    help = "Create a staff login: a role at a site, in a district, a province or the nation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        place = parser.add_mutually_exclusive_group()
        place.add_argument("--site", metavar="CODE")
        place.add_argument("--district", metavar="CODE")
        place.add_argument("--province", metavar="CODE")
        parser.add_argument("--password", required=True)
        parser.add_argument("--full-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        district = _unit(UnitKind.DISTRICT, options["district"])
        province = _unit(UnitKind.PROVINCE, options["province"])
        try:
            create_staff(
                username=options["username"],
                password=options["password"],
                role=Role(options["role"]),
                site=site_by_code(options["site"]) if options["site"] else None,
                district=district,
                province=province,
                full_name=options["full_name"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except IntegrityError as error:
            raise CommandError(f"The user name {options['username']} is taken.") from error
        self.stdout.write(f"{options['username']} may sign in at /staff/.")


def _unit(kind: UnitKind, code: str | None) -> AdministrativeUnit | None:
    if not code:
        return None
    unit = unit_by_code(kind=kind, code=code)
    if unit is None:
        raise CommandError(f"There is no {kind.value} {code}.")
    return unit
