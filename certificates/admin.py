"""Certificates, jobs and keys in the staff's records: read here, changed through services."""

import re
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from certificates.causes import cause_in_words, end_in_words
from certificates.hcert.trust import TrustedKey
from certificates.models import Certificate, ForeignSigner, IssuanceJob, JobState, SigningKey
from certificates.services.issuance import try_again
from certificates.services.revocation import revoke_certificate
from certificates.webhooks_admin import WebhookAdmin
from registration.selectors import provinces_in_use
from sites.rights import REVOKE_CERTIFICATE, SEE_LOGS, SEE_RECORDS
from sites.scoping import posting_of, scope_to_posting
from vaxplatform import formatting
from vaxplatform.admin import BaseModelAdmin, ByRight
from vaxplatform.errors import DomainError
from vaxplatform.rights import may

__all__ = ["WebhookAdmin"]  # found from here

TRIED_AT_ONCE = 200
REASON_LENGTH = 200


class ReadOnly(ByRight, BaseModelAdmin):
    """Seen by right, within the posting; changed by nobody's hand."""

    may_see: ClassVar[tuple[str, ...]] = (SEE_RECORDS,)
    path_to_site = "dose__site"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Model] = super().get_queryset(request)
        if not self.path_to_site:
            return rows
        return scope_to_posting(rows, posting_of(request.user), site=self.path_to_site)


def has_revoke_permission(self: BaseModelAdmin, request: HttpRequest) -> bool:
    return may(request.user, REVOKE_CERTIFICATE)


@admin.register(Certificate)
class CertificateAdmin(ReadOnly):
    list_display = ("uvci", "status", "site", "issued_at", "expires_at")
    list_filter = ("status",)
    list_select_related = ("dose__site",)
    search_fields = ("uvci__exact", "dose__public_id__exact")
    search_help_text = gettext_lazy("The whole certificate ID, or the whole dose ID")
    fields = (
        *("uvci", "status", "dose", "key", "issued_at", "expires_at"),
        *("ended_at", "why_ended"),
    )
    readonly_fields = ("why_ended",)
    actions = ("revoke",)
    date_hierarchy = None
    ordering = ("-pk",)

    has_revoke_permission = has_revoke_permission

    @admin.display(description=gettext_lazy("Site"))
    def site(self, certificate: Certificate) -> str:
        return certificate.dose.site.name

    @admin.display(description=gettext_lazy("Reason of the end"))
    def why_ended(self, certificate: Certificate) -> str:
        return end_in_words(certificate.end_reason)

    @admin.action(description=gettext_lazy("Revoke, with a reason"), permissions=["revoke"])
    def revoke(
        self, request: HttpRequest, certificates: QuerySet[Certificate]
    ) -> HttpResponse | None:
        """Ask for the reason on a page of its own, then revoke each."""
        chosen = list(certificates)
        if "reason" not in request.POST:
            return self._ask(request, chosen)
        revoked = 0
        for certificate in chosen:
            try:
                revoke_certificate(uvci=certificate.uvci, reason=request.POST["reason"])
            except DomainError as refusal:
                self.message_user(request, f"{certificate.uvci}: {refusal.detail}", messages.ERROR)
            else:
                revoked += 1
        if revoked:
            told = ngettext(
                "%(count)s certificate revoked.", "%(count)s certificates revoked.", revoked
            ) % {"count": revoked}
            self.message_user(request, told, messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, chosen: list[Certificate]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke certificates"),
            "opts": self.model._meta,
            "certificates": chosen,
        }
        return TemplateResponse(request, "certificates/staff/revoke.html", context)


class ProvinceFilter(admin.SimpleListFilter):
    """The province of the dose's site, for those who see more than one."""

    title = gettext_lazy("province")
    parameter_name = "province"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        posting = posting_of(request.user)
        if posting is None or posting.site_id or posting.province_id:
            return []
        return list(provinces_in_use().values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        if not code:
            return queryset
        province = provinces_in_use().filter(code=code)
        return queryset.filter(dose__site__province__in=province)


class WhyNotFilter(admin.SimpleListFilter):
    """The reasons for which certificates are stuck at this moment."""

    title = gettext_lazy("why not")
    parameter_name = "why_not"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stuck = IssuanceJob.objects.filter(state=JobState.NEEDS_REVIEW)
        found = stuck.order_by("last_error").values_list("last_error", flat=True).distinct()
        return [(code, cause_in_words(code)) for code in found if code]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(state=JobState.NEEDS_REVIEW, last_error=self.value())


@admin.register(IssuanceJob)
class IssuanceJobAdmin(ReadOnly):
    list_display = ("number", "why_not", "site", "state", "cause", "due_at")
    list_filter = ("state", "cause", WhyNotFilter, ProvinceFilter)
    list_select_related = ("dose__site__province",)
    search_fields = ("dose__public_id__exact",)
    search_help_text = gettext_lazy("The whole dose ID")
    fields = (
        *("dose", "state", "cause", "site", "due_at", "deadline_at", "next_at"),
        *("attempts", "why_not", "queued_at"),
    )
    readonly_fields = ("why_not", "site")
    actions = ("try_again",)
    ordering = ("-pk",)

    has_revoke_permission = has_revoke_permission

    @admin.display(description=gettext_lazy("dose"))
    def number(self, job: IssuanceJob) -> str:
        """The beginning of the dose's number: enough to tell rows apart, short on a phone."""
        return str(job.dose.public_id)[:8]

    @admin.display(description=gettext_lazy("why not"))
    def why_not(self, job: IssuanceJob) -> str:
        return cause_in_words(job.last_error)

    @admin.display(description=gettext_lazy("Site"))
    def site(self, job: IssuanceJob) -> str:
        return f"{job.dose.site.name}, {job.dose.site.province.name}"

    @admin.action(description=gettext_lazy("Try again, with a reason"), permissions=["revoke"])
    def try_again(self, request: HttpRequest, jobs: QuerySet[IssuanceJob]) -> HttpResponse | None:
        """Ask on a page of its own what was mended, then put each back into the queue."""
        chosen = list(jobs[:TRIED_AT_ONCE])
        reason = request.POST.get("reason", "").strip()
        if not reason:
            return self._ask(request, chosen, is_missing="reason" in request.POST)
        tried = sum(self._tried(request, job, reason) for job in chosen)
        if tried:
            told = ngettext(
                "%(count)s certificate is tried again.",
                "%(count)s certificates are tried again.",
                tried,
            ) % {"count": tried}
            self.message_user(request, told, messages.SUCCESS)
        return None

    def _tried(self, request: HttpRequest, job: IssuanceJob, reason: str) -> bool:
        """Whether the job is in the queue again; the reason goes into the admin's log."""
        try:
            try_again(job=job)
        except DomainError as refusal:
            self.message_user(request, f"{job.dose}: {refusal.detail}", messages.ERROR)
            return False
        self.log_change(request, job, reason[:REASON_LENGTH])
        return True

    def _ask(
        self, request: HttpRequest, chosen: list[IssuanceJob], *, is_missing: bool
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Try certificates again"),
            "opts": self.model._meta,
            "jobs": [(job, self.why_not(job), self.site(job)) for job in chosen],
            "is_missing": is_missing,
            "reason_length": REASON_LENGTH,
        }
        return TemplateResponse(request, "certificates/staff/try_again.html", context)


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnly):
    may_see = (REVOKE_CERTIFICATE, SEE_LOGS)
    path_to_site = ""
    list_display = (
        *("kid", "group", "status", "not_before", "sign_until", "not_after", "is_signing"),
    )
    list_filter = ("status",)
    fields = (
        *("kid", "group", "status", "not_before", "sign_until", "not_after", "certificate_pem"),
    )
    ordering = ("-pk",)

    @admin.display(boolean=True, description=gettext_lazy("Signs now"))
    def is_signing(self, key: SigningKey) -> bool:
        now = timezone.now()
        return key.status == "active" and key.not_before <= now < key.sign_until


@admin.register(ForeignSigner)
class ForeignSignerAdmin(ReadOnly):
    """Other countries' signers, as `import_trust_list` brought them."""

    may_see = (REVOKE_CERTIFICATE, SEE_LOGS)
    path_to_site = ""
    list_display = ("kid", "country", "imported_at")
    list_filter = ("country",)
    search_fields = ("kid__exact", "country__iexact", "thumbprint__exact")
    search_help_text = gettext_lazy("The whole key identifier, the country, or the thumbprint")
    fields = ("kid", "country", "in_groups", "imported_at", "valid_from", "valid_to", "signs")
    readonly_fields = ("in_groups", "valid_from", "valid_to", "signs")
    ordering = ("country", "kid")

    @admin.display(description=gettext_lazy("thumbprint"))
    def in_groups(self, signer: ForeignSigner) -> str:
        """In fours, to be compared by eye, and to keep inside a narrow screen."""
        return " ".join(re.findall("....", signer.thumbprint))

    @admin.display(description=gettext_lazy("Valid from"))
    def valid_from(self, signer: ForeignSigner) -> str:
        return formatting.moment(_certificate_of(signer).not_before)

    @admin.display(description=gettext_lazy("Valid to"))
    def valid_to(self, signer: ForeignSigner) -> str:
        return formatting.moment(_certificate_of(signer).not_after)

    @admin.display(description=gettext_lazy("May sign"))
    def signs(self, signer: ForeignSigner) -> str:
        key = _certificate_of(signer)
        if key.public_key is None:
            return _("Nothing: its key is not safe enough")
        kinds = {"v": _("vaccinations"), "t": _("tests"), "r": _("recoveries")}
        return ", ".join(text for kind, text in kinds.items() if not key.kinds or kind in key.kinds)


def _certificate_of(signer: ForeignSigner) -> TrustedKey:
    return TrustedKey.from_der(bytes(signer.certificate))
