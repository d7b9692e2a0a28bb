"""The opaque code in a person's QR: says nothing by itself, looked up at the site."""

import base64
import datetime
import re
import secrets

from django.db import transaction

from registration.models import CheckInCode, Citizen

RANDOM_BYTES = 16  # 26 characters of base32
VALID_FOR = datetime.timedelta(days=90)
RENEWED_BEFORE = datetime.timedelta(days=7)
CODE = re.compile(r"[A-Z2-7]{26}")


@transaction.atomic
def check_in_code_for(*, citizen: Citizen, now: datetime.datetime) -> CheckInCode:
    """The person's code, good for a week at least; a new one of 90 days where there is none."""
    Citizen.objects.select_for_update(no_key=True).get(pk=citizen.pk)
    good = CheckInCode.objects.filter(citizen=citizen, expires_at__gt=now + RENEWED_BEFORE)
    known = good.order_by("-expires_at").first()
    if known is not None:
        return known
    code = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().rstrip("=")
    return CheckInCode.objects.create(code=code, citizen=citizen, expires_at=now + VALID_FOR)


def code_in(text: str) -> str:
    """The code in what a scanner read, an address or the bare code; "" when there is none."""
    last = text.strip().rstrip("/").rpartition("/")[2].upper()
    return last if CODE.fullmatch(last) else ""


def find_by_check_in_code(*, code: str, now: datetime.datetime) -> Citizen | None:
    """The person whose unexpired code this is. `code` as `code_in` gives it, in any case."""
    row = CheckInCode.objects.filter(code=code.upper(), expires_at__gt=now)
    found = row.select_related("citizen").first()
    return found.citizen if found else None


def purge_check_in_codes(now: datetime.datetime) -> int:
    """Delete the codes that expired; returns how many."""
    return CheckInCode.objects.filter(expires_at__lt=now).delete()[0]
