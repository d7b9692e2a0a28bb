import datetime
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from certificates.hcert.trust import TrustList, TrustListError
from certificates.hcert.verify import MAX_CHARACTERS, VerificationResult, verify
from certificates.services.clock import database_now
from certificates.services.verification import check_certificate
from vaxplatform.vietnam import TIME_ZONE


class Command(BaseCommand):
    help = "Judge the certificate (HC1:…) on standard input; exit 0 when valid, 1 when not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--trust", type=Path, help="keys to believe (PEM or JSON), not ours")
        parser.add_argument("--at", type=_moment, help="judge as of this ISO 8601 time")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        text = sys.stdin.read(MAX_CHARACTERS + 100).rstrip("\r\n")
        at = options["at"] or database_now()
        if options["trust"]:
            result = verify(text, _trust_list(options["trust"]), at)
        else:
            result = check_certificate(text=text, at=at)
        self.stdout.write(
            json.dumps(result.as_dict(), ensure_ascii=False, indent=2)
            if options["json"]
            else _sentence(result)
        )
        if not result.is_valid:
            sys.exit(1)


def _sentence(result: VerificationResult) -> str:
    return f"{result.status} ({result.reason.value})"


def _moment(text: str) -> datetime.datetime:
    """An ISO time; without an offset it is Viet Nam's."""
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)


def _trust_list(path: Path) -> TrustList:
    try:
        return TrustList.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TrustListError) as error:
        raise CommandError(f"{path}: {error}") from error
