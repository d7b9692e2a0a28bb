"""Logins for staff and tokens for systems."""

import hashlib
import secrets

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from registration.models import Account, AdministrativeUnit
from sites.models import ApiClient, Role, Site, StaffPosting

TOKEN_BYTES = 32


@transaction.atomic
def create_staff(
    *,
    username: str,
    password: str,
    role: Role,
    site: Site | None = None,
    district: AdministrativeUnit | None = None,
    province: AdministrativeUnit | None = None,
    full_name: str = "",
) -> Account:
    """A staff login with its posting; `site`, `district` or `province` as the role needs, which the
    database checks. Raises ValidationError for a weak password or a place that does not fit the
    role."""
    posting = StaffPosting(role=role, site=site, district=district, province=province)
    posting.clean_fields(exclude=["account"])
    posting.validate_constraints(exclude=["account"])
    account = Account(username=username, full_name=full_name, is_staff=True)
    account.clean_fields(exclude=["password"])
    validate_password(password, account)
    account.set_password(password)
    account.save()
    posting.account = account
    posting.save()
    return account


def create_api_client(*, name: str, site: Site) -> tuple[ApiClient, str]:
    """A client and its token, which is kept only as a hash: it can be shown this once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    client = ApiClient.objects.create(name=name, site=site, token_digest=token_digest(token))
    return client, token


def token_digest(token: str) -> bytes:
    """32 bytes. The token is random, so a plain hash keeps it secret."""
    return hashlib.sha256(token.encode()).digest()
