"""Staff postings and connected systems: only whoever manages staff, and never one's own."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from registration.models import Account
from registration.selectors import districts_in_use, provinces_in_use
from sites import rights
from sites.admin.base import ScopedAdmin
from sites.models import ApiClient, StaffPosting
from sites.services.access import create_api_client, create_staff


class PostingForm(forms.ModelForm):
    """Role and place; for a new login its name and first password too."""

    username = forms.CharField(
        label=_("user name"), max_length=64, widget=UnfoldAdminTextInputWidget
    )
    full_name = forms.CharField(
        label=_("full name"), max_length=100, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(label=_("password"), widget=UnfoldAdminPasswordWidget)

    class Meta:
        model = StaffPosting
        fields = ("role", "site", "province")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("username", "full_name", "password"):
                self.fields.pop(name, None)

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if Account.objects.filter(username=username).exists():
            raise ValidationError(_("This user name is taken."))
        return str(username)

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return str(self.cleaned_data["password"])


@admin.register(StaffPosting)
class StaffPostingAdmin(ScopedAdmin):
    may_see = (rights.MANAGE_STAFF,)
    may_change = rights.MANAGE_STAFF
    may_add = rights.MANAGE_STAFF
    form = PostingForm
    list_display = ("account", "role", "site", "district", "province", "is_active")
    list_select_related = ("account", "site", "district", "province")
    list_filter = ("role",)
    search_fields = ("account__username", "account__full_name", "site__code__istartswith")
    autocomplete_fields = ("site",)

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, posting: StaffPosting) -> bool:
        return posting.account.is_active

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        place = ("role", "site", "district", "province")
        return ("account", *place) if obj else ("username", "full_name", "password", *place)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody gives a role to himself."""
        own = obj is not None and obj.account_id == request.user.pk
        return super().has_change_permission(request, obj) and not own

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "province":
            kwargs["queryset"] = provinces_in_use()
        elif db_field.name == "district":
            kwargs["queryset"] = districts_in_use()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        account = create_staff(**form.cleaned_data)
        obj.pk, obj.account = account.posting.pk, account


@admin.register(ApiClient)
class ApiClientAdmin(ScopedAdmin):
    may_see = (rights.MANAGE_STAFF,)
    may_change = rights.MANAGE_STAFF
    may_add = rights.MANAGE_STAFF
    list_display = ("name", "site", "is_active", "created_at")
    list_select_related = ("site",)
    list_filter = ("is_active",)
    search_fields = ("name", "site__code__istartswith")
    autocomplete_fields = ("site",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "site", "is_active", "created_at") if obj else ("name", "site")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("site", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        client, token = create_api_client(
            name=form.cleaned_data["name"], site=form.cleaned_data["site"]
        )
        obj.pk = client.pk
        text = _t("The token is shown this once; hand it to the system's keeper: %(token)s")
        messages.warning(request, text % {"token": token})
