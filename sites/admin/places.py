"""Sites, campaigns, sessions and their seats, and the stock."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from sites import rights
from sites.admin.base import ReadOnlyInline, RefusalInWords, ScopedAdmin
from sites.models import Appointment, Campaign, Lot, Session, Site, StockMovement
from sites.scoping import posting_of
from sites.services.sessions import (
    book_appointment,
    cancel_appointment,
    close_session,
    open_session,
    plan_session,
)
from vaxplatform.admin import BaseTabularInline
from vaxplatform.errors import DomainError
from vaxplatform.rights import may


@admin.register(Site)
class SiteAdmin(ScopedAdmin):
    site_path = ""
    may_change = rights.MANAGE_SITES
    may_add = rights.MANAGE_SITES
    list_display = ("code", "name", "province", "on_platform", "is_active")
    list_select_related = ("province",)
    list_filter = ("on_platform", "is_active")
    search_fields = ("code__istartswith", "name")
    autocomplete_fields = ("ward",)
    fields = (
        "code",
        "name",
        "province",
        "ward",
        "address",
        "phone",
        "on_platform",
        "is_active",
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Provinces that forms offer; for a province's officer that one."""
        if db_field.name == "province":
            from registration.selectors import provinces_in_use

            posting = posting_of(request.user)
            provinces = provinces_in_use()
            if posting is not None and posting.province_id is not None:
                provinces = provinces.filter(pk=posting.province_id)
            kwargs["queryset"] = provinces
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Campaign)
class CampaignAdmin(ScopedAdmin):
    site_path = None
    may_change = rights.MANAGE_SITES
    may_add = rights.MANAGE_SITES
    list_display = ("name", "starts_on", "ends_on")
    search_fields = ("name",)


@admin.register(Session)
class SessionAdmin(RefusalInWords, ScopedAdmin):
    may_change = rights.PLAN_SESSIONS
    may_add = rights.PLAN_SESSIONS
    list_display = ("held_on", "part", "site", "vaccine", "seats_taken", "seats", "status")
    list_select_related = ("site", "vaccine")
    list_filter = ("status", "part")
    search_fields = ("site__code__istartswith", "site__name")
    autocomplete_fields = ("site",)
    date_hierarchy = "held_on"
    fields = ("site", "campaign", "held_on", "part", "vaccine", "seats", "seats_taken", "status")
    actions = ("open_it", "close_it")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Once planned, day and site stand; the status moves by its services only."""
        fixed = ("seats_taken", "status")
        return ("site", "held_on", "part", *fixed) if obj else fixed

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        names = ("site", "held_on", "part", "seats", "vaccine", "campaign")
        planned = plan_session(**{name: form.cleaned_data[name] for name in names})
        obj.pk, obj.public_id = planned.pk, planned.public_id

    def has_open_it_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, rights.PLAN_SESSIONS)

    @admin.action(description=_("Open the session"), permissions=["open_it"])
    def open_it(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        self._move(request, rows, open_session)

    @admin.action(description=_("Close the session"), permissions=["open_it"])
    def close_it(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        self._move(request, rows, close_session)

    def _move(self, request: HttpRequest, rows: QuerySet[Session], service: Any) -> None:
        """By the list's form, so with its CSRF token: a link must change nothing."""
        for session in rows:
            try:
                service(session=session, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, f"{session}: {refusal.detail}")


@admin.register(Appointment)
class AppointmentAdmin(RefusalInWords, ScopedAdmin):
    site_path = "session__site"
    may_add = rights.PLAN_SESSIONS
    list_display = ("session", "registration", "status", "booked_at")
    list_select_related = ("session__site", "registration")
    list_filter = ("status",)
    search_fields = ("registration__code__exact",)
    autocomplete_fields = ("session", "registration")
    fields = ("session", "registration", "status", "booked_at")
    readonly_fields = ("status", "booked_at")
    actions = ("cancel",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        booked = book_appointment(
            session=form.cleaned_data["session"],
            registration=form.cleaned_data["registration"],
            now=timezone.now(),
        )
        obj.pk = booked.pk

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, rights.PLAN_SESSIONS)

    @admin.action(description=_("Cancel the appointments"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Appointment]) -> None:
        for appointment in rows:
            try:
                cancel_appointment(appointment=appointment, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, f"{appointment}: {refusal.detail}")


class MovementInline(ReadOnlyInline, BaseTabularInline):
    model = StockMovement
    fields = ("at", "kind", "doses", "reason", "by")
    show_change_link = False
    ordering = ("-at",)


@admin.register(Lot)
class LotAdmin(ScopedAdmin):
    """Doses come in and go by the pages of the stock; use is counted by the doses themselves."""

    may_add = rights.MANAGE_STOCK
    list_display = (
        "number", "vaccine", "site", "expires_on", "doses_received", "doses_used",
        "doses_wasted", "left", "recalled_at",
    )  # fmt: skip
    list_select_related = ("vaccine", "site")
    list_filter = ("vaccine",)
    search_fields = ("number__istartswith", "site__code__istartswith")
    inlines = (MovementInline,)
    actions_detail = ("waste", "recall")

    @admin.display(description=_("left"))
    def left(self, lot: Lot) -> int:
        return lot.doses_left

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("sites_staff:receive_lot")

    def has_waste_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, rights.MANAGE_STOCK)

    def has_recall_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(may(request.user, a) for a in (rights.MANAGE_STOCK, rights.RECALL_LOTS))

    @action(description=_("Write off doses"), url_path="waste", permissions=["waste"])
    def waste(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("sites_staff:waste_doses", object_id)

    @action(description=_("Recall the lot"), url_path="recall", permissions=["recall"])
    def recall(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("sites_staff:recall_lot", object_id)
