"""Who may open a certificate: the household, and staff within their posting (on record)."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from certificates.models import Certificate
from registration.models import Account, Citizen
from registration.opened import opened_record
from registration.services.access import AccessPurpose, log_access
from sites.rights import SEE_RECORDS
from sites.scoping import posting_of, scope_to_posting
from vaxplatform.rights import may


def readable_certificate(account: Any, public_id: uuid.UUID) -> Certificate:
    """The certificate, with dose and citizen. Raises Http404 for whom it does not concern."""
    if not isinstance(account, Account) or not account.is_active:
        raise Http404
    certificates = Certificate.objects.select_related("dose__citizen", "dose__vaccine").filter(
        public_id=public_id
    )
    own = certificates.filter(dose__citizen__households__account=account).first()
    if own is not None and not account.is_staff:
        return own
    if not may(account, SEE_RECORDS):
        raise Http404
    seen = scope_to_posting(certificates, posting_of(account), site="dose__site").first()
    if seen is None:
        raise Http404
    log_access(citizen=seen.dose.citizen, account=account, purpose=AccessPurpose.ADMIN)
    return seen


def certificate_to_read(request: HttpRequest, public_id: uuid.UUID) -> Certificate:
    """As `readable_certificate`, for whoever opens the page; also of the one person whose record a
    code has opened to this browser. Raises Http404 for whom it does not concern."""
    opened = opened_record(request, timezone.now())
    if opened is not None:
        certificates = Certificate.objects.select_related("dose__citizen", "dose__vaccine")
        found = certificates.filter(public_id=public_id, dose__citizen=opened).first()
        if found is not None:
            return found
    return readable_certificate(request.user, public_id)


def is_of_household(request: HttpRequest, certificate: Certificate) -> bool:
    """Whether the account that is signed in speaks for the person; then it may keep and share."""
    account = citizen_account(request)
    people = Citizen.objects.filter(pk=certificate.dose.citizen_id)
    return account is not None and people.filter(households__account=account).exists()


def citizen_account(request: HttpRequest) -> Account | None:
    """The household's account that is signed in; None for strangers and for staff."""
    user = request.user
    if isinstance(user, Account) and user.is_active and not user.is_staff:
        return user
    return None


def household_certificate(account: Account | None, public_id: uuid.UUID) -> Certificate:
    """The certificate, with dose and citizen, of a person for whom the account speaks.

    Raises Http404 for everybody else, staff too: keeping and sharing are the household's own.
    """
    certificates = Certificate.objects.select_related("dose__citizen", "dose__vaccine")
    found = certificates.filter(
        public_id=public_id, dose__citizen__households__account=account
    ).first()
    if account is None or found is None:
        raise Http404
    return found
