from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.exceptions import KeysNotHere
from certificates.models import SigningKey
from certificates.models.key import KeyStatus
from certificates.services import keys
from certificates.services.clock import database_now
from certificates.services.compromise import compromise_key
from certificates.services.groups import signing_groups
from vaxplatform.errors import DomainError


class Command(BaseCommand):
    help = "Make a new signing key for each group; what the old ones signed stays valid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--group", help="only this group of SIGNING_KEY_GROUPS ('' for none)")
        parser.add_argument(
            "--compromised",
            nargs="*",
            metavar="KID",
            help="these keys (none named: those that sign now) are in wrong hands: what they "
            "signed becomes void and is issued again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        groups = signing_groups()
        if options["group"] is not None:
            if options["group"] not in groups:
                raise CommandError(f"SIGNING_KEY_GROUPS knows no group {options['group']!r}")
            groups = [options["group"]]
        try:
            if options["compromised"] is None:
                made = [keys.rotate_signing_key(now=database_now(), group=g) for g in groups]
            else:
                made = self._replace(options["compromised"], groups)
        except KeysNotHere as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        for key in made:
            of_group = f" for {key.group}" if key.group else ""
            self.stdout.write(f"signing{of_group} with {key.kid} until {key.sign_until:%Y-%m-%d}")

    def _replace(self, kids: list[str], groups: list[str]) -> list[SigningKey]:
        """Call the keys back; returns the keys that sign in their place."""
        if not kids:
            signing = SigningKey.objects.filter(status=KeyStatus.ACTIVE, group__in=groups)
            kids = list(signing.values_list("kid", flat=True))
        now = database_now()
        lost = [compromise_key(kid=kid, reason="rotate_signing_key", now=now) for kid in kids]
        touched = sorted({key.group for key in lost})
        return [keys.ensure_signing_key(now=database_now(), group=group) for group in touched]
