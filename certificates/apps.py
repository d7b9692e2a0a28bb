from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        from certificates import invariants, metrics
        from certificates.services import drain, keys
        from vaxplatform.chores import register_chore
        from vaxplatform.health import register_collector, register_readiness_check

        register_chore("issue_certificates", drain.issue_certificates, every_seconds=15)
        register_chore("watch_certificates", drain.watch_recent, every_seconds=60)
        register_chore("watch_all_certificates", drain.watch_all, every_seconds=6 * 3600)
        register_readiness_check("signing key", keys.check_signing_key)
        register_collector("certificates", metrics.CertificateCollector())
        invariants.register_all()
