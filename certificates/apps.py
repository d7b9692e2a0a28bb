from django.apps import AppConfig
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        from django.core.checks import Tags, register

        from certificates import (
            checks,
            health_book,
            invariants,
            lists_health,
            metrics,
            own_data,
        )
        from certificates.services import (
            card_keys,
            changes,
            compromise,
            copies,
            drain,
            keys,
            publishing,
            renewal,
            sharing,
            webhooks,
        )
        from registration.health_book import (
            register_section,
            register_sign_out_note,
            register_statuses,
        )
        from sites.rights import MANAGE_STAFF, REVOKE_CERTIFICATE, SEE_RECORDS, SEE_WAITS
        from vaxplatform.chores import register_chore
        from vaxplatform.health import register_collector, register_readiness_check
        from vaxplatform.rights import may
        from vaxplatform.staff import StaffLink, register_staff_links

        register_chore("issue_certificates", drain.issue_certificates, every_seconds=15)
        register_chore("watch_certificates", drain.watch_recent, every_seconds=60)
        register_chore("renew_certificates", renewal.renew_what_ends, every_seconds=60)
        register_chore("replace_lost_keys", compromise.reissue_what_was_left, every_seconds=60)
        register_chore("watch_all_certificates", drain.watch_all, every_seconds=6 * 3600)
        register_chore("forget_share_links", sharing.forget_old_links, every_seconds=6 * 3600)
        register_chore("publish_lists", publishing.publish_lists, every_seconds=30)
        register_chore(
            "merge_revocation_batches", publishing.merge_small_batches, every_seconds=6 * 3600
        )
        register(checks.public_address, Tags.security, deploy=True)
        register_chore("sign_copies", copies.sign_copies, every_seconds=3)
        register_chore("call_back_cards", card_keys.publish_called_back, every_seconds=300)
        register_chore("deliver_webhooks", webhooks.deliver_webhooks, every_seconds=5)
        register_chore("forget_changes", changes.forget_old_changes, every_seconds=6 * 3600)
        register_readiness_check("signing key", keys.check_signing_key)
        register_collector("certificates", metrics.CertificateCollector())
        invariants.register_all()
        lists_health.register()
        register_staff_links(
            StaffLink(
                "records",
                _("Certificates"),
                reverse_lazy("admin:certificates_certificate_changelist"),
                icon="doc",
                symbol="verified",
                permission=lambda request: may(request.user, SEE_RECORDS),
                order=40,
            ),
            StaffLink(
                "records",
                _("Certificates in the making"),
                reverse_lazy("admin:certificates_issuancejob_changelist"),
                icon="clock",
                symbol="pending",
                permission=lambda request: may(request.user, SEE_RECORDS),
                order=41,
            ),
            StaffLink(
                "records",
                _("Waits for certificates"),
                reverse_lazy("certificates_staff:waits"),
                icon="chart",
                symbol="timer",
                permission=lambda request: may(request.user, SEE_WAITS),
                order=42,
            ),
            StaffLink(
                "system",
                _("Signing keys"),
                reverse_lazy("admin:certificates_signingkey_changelist"),
                icon="lock",
                symbol="key",
                permission=lambda request: may(request.user, REVOKE_CERTIFICATE),
                order=40,
            ),
            StaffLink(
                "system",
                _("Foreign signing keys"),
                reverse_lazy("admin:certificates_foreignsigner_changelist"),
                icon="lock",
                symbol="public",
                permission=lambda request: may(request.user, REVOKE_CERTIFICATE),
                order=41,
            ),
            StaffLink(
                "system",
                _("Webhooks"),
                reverse_lazy("admin:certificates_webhook_changelist"),
                icon="arrow",
                symbol="webhook",
                permission=lambda request: may(request.user, MANAGE_STAFF),
                order=42,
            ),
        )
        register_section(10, health_book.status_section)
        register_section(30, health_book.certificates_section)
        register_statuses(health_book.statuses)
        own_data.register()
        register_sign_out_note("certificates/sign_out_note.html")
