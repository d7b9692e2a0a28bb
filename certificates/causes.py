"""Why a certificate was not issued, in words: what stands in `IssuanceJob.last_error` is a code, a
sentence of the codec (certificates.hcert, which knows no languages), or the type of an error."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import JobCause

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CAUSES: "dict[str, _StrPromise]" = {
    "dose_voided": gettext_lazy("The dose was voided."),
    "certificate_revoked": gettext_lazy("The certificate was revoked."),
    "worker_lost": gettext_lazy("The worker was lost at its last attempt."),
    "a family name needs at least one Latin letter": gettext_lazy(
        "The name on record has no Latin letter. Correct it by the passport."
    ),
    "a date of birth is a year, a year and month, or a date from 1900 on": gettext_lazy(
        "The date of birth on record cannot stand on a certificate."
    ),
    "product, holder and type of vaccine do not belong together": gettext_lazy(
        "The codes of this vaccine do not belong together. An official must correct the vaccine."
    ),
    "a booster cannot be the first dose": gettext_lazy(
        "A booster cannot be the first dose. Correct the dose number or its kind."
    ),
}


def cause_in_words(last_error: str) -> str:
    """The sentence for people; what is not known here is named as it was noted."""
    if not last_error:
        return ""
    known = CAUSES.get(last_error)
    return str(known) if known else _("An error of the system: %(cause)s.") % {"cause": last_error}


def end_in_words(end_reason: str) -> str:
    """Why a certificate ended: the cause of its successor in words, a voided dose, or what the
    person wrote who revoked it."""
    if end_reason in JobCause:
        return str(JobCause(end_reason).label)
    return str(CAUSES.get(end_reason, end_reason))
