"""Cases in the staff records: to read only; they are worked on at /staff/cases/."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from response_center.models import Case, CaseEvent
from response_center.selectors import cases_in_reach
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES
from sites.scoping import posting_of
from vaxplatform.admin import BaseModelAdmin, BaseTabularInline, ByRight


class _ReadOnly(ByRight):
    """Seen by who may see cases, within reach of their posting; changed by nobody here."""

    may_see = (WORK_CASES, ANSWER_CASES, SEE_BOARD)


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
