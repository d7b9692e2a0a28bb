"""Refusals and failures of this app."""

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import DomainError


class KeysNotHere(Exception):
    """This process has no signing key: it is the web, or the files are on another machine.

    The text says which, and what to set.
    """


class CertificateNotFound(DomainError):
    code = "certificate_not_found"
    message = _("There is no certificate with this identifier.")


class CertificateNotLive(DomainError):
    code = "certificate_not_live"
    message = _("This certificate has already ended.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Write the reason in a few words.")
    field = "reason"


class NothingToRetry(DomainError):
    code = "nothing_to_retry"
    message = _("This dose does not wait for a review, so there is nothing to try again.")


class KeyNotFound(DomainError):
    code = "key_not_found"
    message = _("There is no signing key with this identifier.")


class CursorUnknown(DomainError):
    code = "cursor_unknown"
    message = _(
        "What follows this cursor is no longer kept, or it is not of this site. Ask without "
        "after, and ask for each dose whose certificate you still miss."
    )


class WebhookAddressRefused(DomainError):
    code = "webhook_address_refused"
    message = _("Give an https address that can be reached from the internet.")
    field = "url"
