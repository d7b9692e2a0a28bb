"""A claim to a record that no proof supports: a case, decided by an agent who asks back."""

import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from registration.desk import DeskClaim
from response_center.exceptions import AlreadyReported
from response_center.models import CaseKind
from response_center.services.opening import Report, open_case


def open_claim(claim: DeskClaim, now: datetime.datetime) -> str:
    """Open the case; the address of its page, or of the one that there is already. Raises what
    `open_case` refuses."""
    language = claim.account.language
    with translation.override("vi"):
        what = gettext("Asks to have this person in the health book of the phone that reports.")
    report = Report(
        kind=CaseKind.QUESTION,
        phone=claim.account.phone or "",
        full_name=claim.full_name,
        date_of_birth=claim.date_of_birth,
        description=f"{what}\n{claim.words}",
        language=language,
    )
    try:
        number = open_case(report=report, by=claim.account, now=now).number
    except AlreadyReported as refusal:
        number = refusal.number
    return reverse("response_center:case", kwargs={"number": number})
