"""Back office forms over people, registrations, places and messages: to read, mostly.

What may be seen follows `vaxplatform.rights`. Lists of people show nothing until somebody is
searched for, and opening a record is kept where its owner can read it.
"""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registration.models import (
    Account,
    AdministrativeUnit,
    Citizen,
    IdentityDocument,
    MedicalHistoryQuestion,
    PriorityGroup,
    RecordAccess,
    ShotRegistration,
    SmsMessage,
)
from registration.selectors import name_matches
from registration.services.access import AccessPurpose, log_access
from registration.services.sms import send_again
from vaxplatform.admin import BaseModelAdmin, ByRight
from vaxplatform.crypto import blind_index
from vaxplatform.errors import DomainError
from vaxplatform.rights import may
from vaxplatform.vietnam import (
    mask_id,
    mask_phone,
    normalise_id_number,
    normalise_phone,
    search_key,
)


class FoundOnly(ByRight, BaseModelAdmin):
    """A list that is empty until something is searched for."""

    def matches(self, typed: str) -> Q:
        """The rows that a search means."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_key(search_term):
            return queryset.none(), False
        return queryset.filter(self.matches(search_term)), False


def citizens_meant(typed: str) -> Q:
    """By phone or document number where it is one, else by name, accents aside."""
    found = Q()
    with suppress(DomainError):
        found |= Q(phone=normalise_phone(typed))
    for kind in ("cccd", "cmnd", "passport", "bhyt"):
        try:
            number = normalise_id_number(kind, typed)
        except DomainError:
            continue
        holders = IdentityDocument.objects.filter(number_index=blind_index(kind, number))
        found |= Q(pk__in=holders.values("citizen"))
    return found | name_matches(typed)


@admin.register(Citizen)
class CitizenAdmin(FoundOnly):
    may_see = ("browse_citizens",)
    list_display = ("full_name", "date_of_birth", "sex", "masked_phone", "province")
    list_select_related = ("province",)
    search_fields = ("search_name",)
    search_help_text = _("Name (accents are not needed), phone, or the whole number of a paper")
    fields = (
        "full_name", "date_of_birth", "sex", "masked_phone", "papers", "nationality", "occupation",
        "workplace", "province", "ward", "address", "identity_check", "created_at",
    )  # fmt: skip
    readonly_fields = ("masked_phone", "papers", "created_at")

    def matches(self, typed: str) -> Q:
        return citizens_meant(typed)

    @admin.display(description=_("phone"))
    def masked_phone(self, citizen: Citizen) -> str:
        return mask_phone(citizen.phone) if citizen.phone else "–"

    @admin.display(description=_("papers"))
    def papers(self, citizen: Citizen) -> str:
        documents = citizen.documents.order_by("kind")
        return ", ".join(f"{d.get_kind_display()} {mask_id(d.number)}" for d in documents) or "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one record, and keep that it was shown."""
        response = super().change_view(request, object_id, form_url, extra_context)
        citizen = self.get_object(request, object_id)
        user = request.user
        if response.status_code == 200 and citizen is not None and isinstance(user, Account):
            log_access(citizen=citizen, account=user, purpose=AccessPurpose.ADMIN)
        return response


@admin.register(ShotRegistration)
class ShotRegistrationAdmin(FoundOnly):
    may_see = ("browse_citizens",)
    list_display = ("code", "citizen_name", "dose_number", "wanted_on", "wanted_half", "status")
    list_select_related = ("citizen", "group")
    list_filter = ("status",)
    search_fields = ("code",)
    search_help_text = _("Registration code, or the person's name, phone or number of a paper")
    autocomplete_fields = ("citizen",)
    fields = (
        "code", "citizen_name", "dose_number", "dose_kind", "group", "wanted_on", "wanted_half",
        "status", "status_reason", "submitted_at", "consented_at",
    )  # fmt: skip
    readonly_fields = ("citizen_name",)

    def matches(self, typed: str) -> Q:
        by_person = Citizen.objects.filter(citizens_meant(typed))
        return Q(code=typed.strip().upper()) | Q(citizen__in=by_person)

    @admin.display(description=_("full name"))
    def citizen_name(self, registration: ShotRegistration) -> str:
        return registration.citizen.full_name


@admin.register(AdministrativeUnit)
class AdministrativeUnitAdmin(ByRight, BaseModelAdmin):
    may_see = ("see_records",)
    may_change = may_add = "edit_rules"
    list_display = ("full_name", "code", "kind", "scheme", "parent", "valid_from", "valid_to")
    list_select_related = ("parent",)
    list_filter = ("scheme", "kind")
    search_fields = ("search_name",)
    search_help_text = _("Name, accents are not needed, or code")
    autocomplete_fields = ("parent",)
    exclude = ("search_name",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found = Q()
        for word in search_key(search_term).split():
            found &= Q(search_name__contains=word)
        return queryset.filter(found | Q(code=search_term.strip())), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.search_name = search_key(obj.full_name)
        super().save_model(request, obj, form, change)


@admin.register(PriorityGroup)
class PriorityGroupAdmin(ByRight, BaseModelAdmin):
    may_see = ("see_records",)
    may_change = may_add = "edit_rules"
    list_display = ("number", "name_vi", "name_en", "citation", "valid_from")


@admin.register(MedicalHistoryQuestion)
class MedicalHistoryQuestionAdmin(ByRight, BaseModelAdmin):
    may_see = ("see_records",)
    may_change = may_add = "edit_rules"
    list_display = ("position", "question_vi", "question_en", "asked_of")
    list_display_links = ("question_vi",)


@admin.register(SmsMessage)
class SmsMessageAdmin(ByRight, BaseModelAdmin):
    """The outbox; those that could not be sent are its dead letters."""

    may_see = ("see_logs", "manage_staff")
    list_display = (
        "created_at", "masked_phone", "is_code", "status", "attempts", "failure", "sent_at",
    )  # fmt: skip
    list_filter = ("status", "is_code")
    ordering = ("-created_at",)
    fields = (
        "masked_phone", "shown_text", "is_code", "status", "attempts", "failure", "next_at",
        "created_at", "sent_at",
    )  # fmt: skip
    readonly_fields = ("masked_phone", "shown_text")
    actions = ("send_once_more",)

    def has_send_once_more_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "manage_staff")

    @admin.action(description=_("Send again"), permissions=["send_once_more"])
    def send_once_more(self, request: HttpRequest, rows: QuerySet[SmsMessage]) -> None:
        """By the list's form, so with its CSRF token: a link must change nothing."""
        for message in rows:
            try:
                send_again(message=message, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, f"{message}: {refusal.detail}")
            else:
                self.log_change(request, message, "send again")

    @admin.display(description=_("phone"))
    def masked_phone(self, message: SmsMessage) -> str:
        return mask_phone(message.phone)

    @admin.display(description=_("text"))
    def shown_text(self, message: SmsMessage) -> str:
        """A code on its way is for its owner only."""
        return "••••••" if message.is_code else message.text


@admin.register(RecordAccess)
class RecordAccessAdmin(ByRight, BaseModelAdmin):
    may_see = ("see_logs",)
    list_display = ("at", "account", "client", "purpose", "citizen")
    list_select_related = ("account", "citizen")
    list_filter = ("purpose",)
    fields = ("at", "account", "client", "purpose", "citizen")


@admin.register(Account)
class AccountAdmin(ByRight, BaseModelAdmin):
    """Logins are closed and opened here; passwords and roles have their own commands and forms."""

    may_see = ("manage_staff",)
    may_change = "manage_staff"
    list_display = ("username", "full_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "full_name")
    fields = ("username", "full_name", "is_active", "last_login", "created_at")
    readonly_fields = ("username", "last_login", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Staff logins only: citizens' phones are nobody's to browse."""
        return super().get_queryset(request).filter(is_staff=True, is_superuser=False)
