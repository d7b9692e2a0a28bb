import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from certificates.shc.keys import PublicKey, read_key_set
from certificates.shc.verify import verify


class Command(BaseCommand):
    help = (
        "Judge a SMART Health Card from standard input, the text of its QR code (shc:/…) or its "
        "JWS, by the keys of one issuer. Exit 0 valid, 1 not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--issuer", required=True, help="the address in the card, https://…")
        parser.add_argument("--keys", required=True, help="file: its .well-known/jwks.json")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = {options["issuer"].rstrip("/"): _read_keys(Path(options["keys"]))}
        result = verify(sys.stdin.read(), keys, timezone.now())
        card = dataclasses.asdict(result.card) if result.card else None
        answer = {
            "status": "valid" if result.is_valid else "invalid",
            "reason": result.reason.value,
            "card": card,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        if not result.is_valid:
            sys.exit(1)


def _read_keys(path: Path) -> dict[str, PublicKey]:
    try:
        return read_key_set(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} is not a JSON Web Key Set: {error}") from error
