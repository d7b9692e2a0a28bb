"""The history that the database keeps: who did it on which page, without secrets in the address."""

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware as Middleware

from vaxplatform.logs import hide_secrets


class HistoryMiddleware(Middleware):
    """pghistory's, which sends the address of a request to PostgreSQL with each statement."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        return {**context, "url": hide_secrets(context["url"])}
