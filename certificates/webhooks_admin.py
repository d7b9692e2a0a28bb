"""Webhooks in the staff's back office: who keeps the API clients keeps these too."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminURLInputWidget

from certificates.models import Webhook
from certificates.services.webhook_post import LONGEST_URL
from certificates.services.webhooks import begin_again, check_url, pause, register_webhook
from sites.rights import MANAGE_STAFF
from vaxplatform.admin import BaseModelAdmin, ByRight
from vaxplatform.errors import DomainError

REASONS = {
    "private_address": gettext_lazy("The name leads into a private network"),
    "name_unknown": gettext_lazy("The name cannot be found"),
    "not_https": gettext_lazy("The address is not https"),
    "not_an_address": gettext_lazy("This is not an address"),
    "tls_failed": gettext_lazy("Its TLS certificate is not accepted"),
    "timeout": gettext_lazy("No answer in time"),
    "ConnectionRefusedError": gettext_lazy("Nobody listens there"),
}


class WebhookForm(forms.ModelForm):
    url = forms.URLField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("https only. A new address gets a new secret."),
        max_length=LONGEST_URL,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
    )

    class Meta:
        model = Webhook
        fields = ("client", "url")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            check_url(url)
        except DomainError as refusal:
            raise ValidationError(refusal.detail, code=refusal.code) from refusal
        return url


@admin.register(Webhook)
class WebhookAdmin(ByRight, BaseModelAdmin):
    may_see = (MANAGE_STAFF,)
    may_change = MANAGE_STAFF
    may_add = MANAGE_STAFF
    form = WebhookForm
    list_display = ("client", "site", "state", "in_words", "delivered_at")
    list_filter = ("state",)
    list_select_related = ("client__site",)
    search_fields = ("client__name", "client__site__code__istartswith")
    autocomplete_fields = ("client",)
    ordering = ("client",)
    actions = ("begin", "rest")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("client", "url")
        return (
            *("client", "url", "state", "in_words", "failing_since", "attempts"),
            *("next_at", "delivered_to", "delivered_at"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return tuple(name for name in self.get_fields(request, obj) if name != "url")

    @admin.display(description=gettext_lazy("Site"))
    def site(self, webhook: Webhook) -> str:
        return webhook.client.site.name

    @admin.display(description=gettext_lazy("last error"))
    def in_words(self, webhook: Webhook) -> str:
        reason = webhook.last_error
        if reason.startswith("http_"):
            return _("It answered with status %(status)s") % {"status": reason[5:]}
        return str(REASONS.get(reason, reason)) or "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new address is a new beginning, with a new secret."""
        if change and "url" not in form.changed_data:
            return
        webhook, secret = register_webhook(client=obj.client, url=obj.url)
        obj.pk = webhook.pk
        text = _("The secret is shown this once; hand it to the system's keeper: %(secret)s")
        messages.warning(request, text % {"secret": secret})

    @admin.action(
        description=gettext_lazy("Deliver again, from where it stopped"), permissions=["change"]
    )
    def begin(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        for webhook in webhooks:
            begin_again(webhook=webhook)
            self.log_change(request, webhook, "begin again")

    @admin.action(description=gettext_lazy("Pause"), permissions=["change"])
    def rest(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        for webhook in webhooks:
            pause(webhook=webhook)
            self.log_change(request, webhook, "pause")
