"""Cases in the staff records: to read only; they are worked on at /staff/cases/."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from response_center.models import Case, CaseEvent
from response_center.selectors import cases_in_reach
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, role_allows
from sites.scoping import posting_of
from vaxplatform.admin import BaseModelAdmin, BaseTabularInline


class _ReadOnly:
    """Seen by who may see cases, within reach of their posting; changed by nobody here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(role_allows(request.user, a) for a in (WORK_CASES, ANSWER_CASES, SEE_BOARD))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CaseEventInline(_ReadOnly, BaseTabularInline):
    model = CaseEvent
    fields = ("at", "verb", "by", "note", "is_public")
    readonly_fields = fields
    show_change_link = False


@admin.register(Case)
class CaseAdmin(_ReadOnly, BaseModelAdmin):
    list_display = ("number", "kind", "status", "level", "site", "due_at", "claimed_by")
    list_filter = ("status", "kind", "level")
    list_select_related = ["site", "claimed_by"]
    search_fields = ("number__exact",)
    ordering = ("due_at",)
    exclude = ("public_id", "phone")
    inlines = (CaseEventInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return cases_in_reach(posting_of(request.user))
