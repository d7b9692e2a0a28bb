"""What every admin form here does: rights from the table of roles, rows within the posting."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from sites import rights
from sites.models import Session, Site
from sites.scoping import posting_of, scope_to_posting
from vaxplatform.admin import BaseModelAdmin, ByRight
from vaxplatform.errors import DomainError


class ScopedAdmin(ByRight, BaseModelAdmin):
    """`site_path`: from a row to its site ("" for the site itself, None for rows of no site)."""

    site_path: ClassVar[str | None] = "site"
    may_see = (rights.SEE_RECORDS,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if self.site_path is None:
            return rows
        return scope_to_posting(rows, posting_of(request.user), site=self.site_path)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Sites and sessions that a form takes are those of the posting, whatever is posted."""
        posting = posting_of(request.user)
        if db_field.related_model is Site:
            kwargs["queryset"] = scope_to_posting(Site.objects.all(), posting, site="")
        elif db_field.related_model is Session:
            kwargs["queryset"] = scope_to_posting(Session.objects.all(), posting)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyInline(ByRight):
    """Rows below their parent that nobody edits."""

    may_see = (rights.SEE_RECORDS,)


class RefusalInWords:
    """A service's refusal while saving becomes a message, and the form is left as it was."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(  # type: ignore[misc]
                request, object_id, form_url, extra_context
            )
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(request.get_full_path())
