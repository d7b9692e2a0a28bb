"""Visits and doses: read here, moved by the desks; a dose is voided with a reason.

Lists name no person; opening a row does, and is logged where the person can read it.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from registration.services.access import AccessPurpose, log_access
from sites import rights
from sites.admin.base import ReadOnlyInline, ScopedAdmin
from sites.models import Dose, Screening, Visit
from vaxplatform.admin import BaseStackedInline
from vaxplatform.formatting import partial_date
from vaxplatform.rights import may


class PersonalRecords(ScopedAdmin):
    """Rows of people: the name stands on the row's own page only."""

    @admin.display(description=_("person"))
    def person(self, row: Any) -> str:
        return f"{row.citizen.full_name}, {partial_date(row.citizen.date_of_birth)}"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            log_access(
                citizen=row.citizen,
                account=request.user,  # type: ignore[arg-type]
                purpose=AccessPurpose.ADMIN,
            )
        return super().change_view(request, object_id, form_url, extra_context)


class ScreeningInline(ReadOnlyInline, BaseStackedInline):
    model = Screening
    fields = (
        "form", "answers", "vitals", "proposal", "decision", "override_reason", "screened_by",
        "screened_at",
    )  # fmt: skip


@admin.register(Visit)
class VisitAdmin(PersonalRecords):
    site_path = "session__site"
    list_display = ("session", "number", "status", "checked_in_at", "observed_until")
    list_select_related = ("session__site",)
    list_filter = ("status",)
    search_fields = ("public_id__exact", "session__site__code__exact")
    fields = (
        "public_id", "person", "session", "number", "status", "checked_in_at", "checked_in_by",
        "observed_until", "discharged_at", "discharged_by", "one_person_reason", "end_reason",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (ScreeningInline,)


@admin.register(Dose)
class DoseAdmin(PersonalRecords):
    list_display = (
        "administered_at", "site", "vaccine", "lot", "dose_number", "dose_kind", "source", "status",
    )  # fmt: skip
    list_select_related = ("site", "vaccine", "lot__vaccine")
    list_filter = ("status", "source", "vaccine")
    search_fields = ("public_id__exact", "lot__number__exact", "site__code__exact")
    search_help_text = _("The whole number of a dose, of a lot or the code of a site")
    fields = (
        "public_id", "person", "dose_number", "dose_kind", "vaccine", "lot", "site", "session",
        "administered_at", "recorded_at", "vaccinator", "source", "status", "void_reason",
        "recorded_by", "api_client",
    )  # fmt: skip
    readonly_fields = fields
    actions_detail = ("void", "report_event")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("citizen")

    def has_void_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, rights.VOID_DOSE)

    @action(description=_("Void the dose"), url_path="void", permissions=["void"])
    def void(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("sites_staff:void_dose", object_id)

    def has_report_event_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, rights.REPORT_AEFI)

    @action(
        description=_("Report an adverse event"),
        url_path="report-event",
        permissions=["report_event"],
    )
    def report_event(self, request: HttpRequest, object_id: int) -> HttpResponse:
        dose = self.get_object(request, str(object_id))
        if dose is None:
            raise Http404
        return redirect("sites_staff:report_event", dose.public_id)
