"""The staff's back office at /staff/: admin forms in our colours, without deletion."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.sites import UnfoldAdminSite

from vaxplatform.demo.logins import logins
from vaxplatform.forms import FormMixin
from vaxplatform.rights import may


class StaffSignInForm(FormMixin, AdminAuthenticationForm):
    """Name and password of a member of staff, in our own components."""

    input_classes = {"username": "w-14", "password": "w-14"}


class StaffAdminSite(UnfoldAdminSite):
    """The one admin site; its url names start with "admin:"."""

    site_title = _("Vaccination work")
    site_header = _("Vaccination work")
    index_title = _("Today's work")
    login_form = StaffSignInForm

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The sign-in page; shows the logins of the demo data in DEBUG."""
        shown = logins() if settings.DEBUG and settings.DEMO else []
        context = {"demo_logins": shown, **(extra_context or {})}
        return super().login(request, context)


class WithoutDeletion:
    """Records of this platform are voided, revoked or closed, each with a reason: never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BaseModelAdmin(WithoutDeletion, ModelAdmin):
    """The parent of every admin class here.

    Name the relations that `list_display` walks in `list_select_related`, use
    `autocomplete_fields` for foreign keys to large tables, and let `save_model` call a service.
    """

    show_full_result_count = False
    list_select_related: bool | list[str] | tuple[str, ...] = ()
    list_per_page = 50
    warn_unsaved_form = True
    compressed_fields = True


class ByRight:
    """Permissions by actions (vaxplatform.rights), for admin classes and inlines alike.

    `may_see`: any of these actions shows the rows. `may_change`, `may_add`: the action that allows
    it; "" for nobody, so that rows are read only unless a class says otherwise.
    """

    may_see: ClassVar[tuple[str, ...]] = ()
    may_change: ClassVar[str] = ""
    may_add: ClassVar[str] = ""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(may(request.user, action) for action in self.may_see)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        seen = any(may(request.user, action) for action in self.may_see)
        return seen or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.may_change) and may(request.user, self.may_change)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.may_add) and may(request.user, self.may_add)


class BaseTabularInline(WithoutDeletion, TabularInline):
    """Rows below their parent; nothing can be deleted."""

    extra = 0
    show_change_link = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The label stands over the column, out of reach of a screen reader in a cell."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", str(field.label))
        return field


class BaseStackedInline(WithoutDeletion, StackedInline):
    """Blocks below their parent; nothing can be deleted."""

    extra = 0
