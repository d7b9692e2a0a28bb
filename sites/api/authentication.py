"""`Authorization: Token …`: an ApiClient, known by the hash of its token."""

import hashlib
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from sites.models import ApiClient

KEYWORD = b"token"


class ClientAuthentication(BaseAuthentication):
    """`request.auth` is the ApiClient; there is no user behind a system."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiClient] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != KEYWORD:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_("The token is not valid."))
        digest = hashlib.sha256(parts[1]).digest()
        client = (
            ApiClient.objects.filter(token_digest=digest, is_active=True)
            .select_related("site", "site__province")
            .first()
        )
        if client is None:
            raise AuthenticationFailed(_("The token is not valid."))
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class IsApiClient(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiClient)


class ClientAuthenticationScheme(OpenApiAuthenticationExtension):
    """What the API's schema says of the token."""

    target_class = ClientAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token and a space, then the token of the site's system.",
        }
