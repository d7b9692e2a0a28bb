"""Who may see and do what: the one place where a posting turns into a filter or a refusal.

Every staff view, admin form and API scopes its rows through `scope_to_posting`.
"""

from collections.abc import Collection
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from registration.models import Account
from sites.models import NATIONAL_ROLES, Role, StaffPosting
from vaxplatform.errors import DomainError

M = TypeVar("M", bound=Model)


class NotAllowed(DomainError):
    """The role of this login does not include what was asked."""

    code = "not_allowed"
    message = _("Your role does not allow this.")


def posting_of(account: Account | AnonymousUser | None) -> StaffPosting | None:
    """The posting of an active staff login; None for citizens, strangers and disabled logins."""
    if not isinstance(account, Account) or not account.is_active or not account.is_staff:
        return None
    postings = StaffPosting.objects.filter(account=account)
    return postings.select_related("site", "district", "province").first()


def scope_to_posting(
    rows: QuerySet[M], posting: StaffPosting | None, *, site: str = "site"
) -> QuerySet[M]:
    """The rows of `rows` that this posting may see.

    `site` is the path from a row to its site (`"session__site"`); empty for the sites themselves.
    """
    if posting is None:
        return rows.none()
    if posting.role in NATIONAL_ROLES:
        return rows
    if posting.site_id:
        return rows.filter(**{site or "pk": posting.site_id})
    if posting.district_id:
        district = f"{site}__ward__parent" if site else "ward__parent"
        return rows.filter(**{district: posting.district_id})
    province = f"{site}__province" if site else "province"
    return rows.filter(**{province: posting.province_id})


def require_role(account: Any, roles: Collection[Role]) -> StaffPosting:
    """The account's posting if its role is one of `roles`; raises NotAllowed otherwise."""
    posting = posting_of(account)
    if posting is None or posting.role not in roles:
        raise NotAllowed
    return posting
