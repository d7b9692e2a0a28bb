"""Signing in with a phone: the account comes into being with the first proven code."""

import datetime

from django.utils.translation import gettext_lazy as _

from registration.models import Account, CodePurpose
from registration.services.codes import check_code
from vaxplatform.errors import DomainError


class AccountClosed(DomainError):
    """The account of this phone was closed by an official."""

    code = "account_closed"
    message = _("This account is closed. The response centre can help you.")
    field = "code"


def sign_in_by_phone(
    *, phone: str, session_key: str, code: str, language: str, now: datetime.datetime
) -> Account:
    """The account of a phone that was just proven; made if this is the first time.

    The caller logs it in, which gives the session a new key. Raises WrongCode or AccountClosed.
    Not to be called within a transaction (see `check_code`).
    """
    check_code(
        phone=phone, purpose=CodePurpose.SIGN_IN, session_key=session_key, code=code, now=now
    )
    account, _created = Account.objects.get_or_create(
        phone=phone, defaults={"language": language, "created_at": now}
    )
    if not account.is_active:
        raise AccountClosed
    set_language(account=account, language=language)
    return account


def set_language(*, account: Account, language: str) -> None:
    """Messages to this phone are written in `language` ("vi" or "en") from now on."""
    if account.language != language:
        account.language = language
        account.save(update_fields=["language"])
