from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = _("Citizens and registration")

    def ready(self) -> None:
        from registration import own_facts
        from registration.services import (
            check_in_codes,
            claims,
            codes,
            identity_tally,
            record_codes,
            reference,
            sessions,
            sms,
        )
        from vaxplatform.chores import register_chore
        from vaxplatform.reference import register_loader

        own_facts.register()
        register_loader("places", reference.load_places)
        register_loader("priority groups", reference.load_priority_groups)
        register_loader("medical history", reference.load_medical_history)

        register_chore("deliver_sms", sms.deliver_waiting, every_seconds=5)
        register_chore(
            "send_codes_for_records", record_codes.send_codes_for_records, every_seconds=3
        )
        register_chore("compare_claims", claims.compare_claims, every_seconds=3)
        register_chore("forget_claims", claims.forget_claims, every_seconds=24 * 3600)
        register_chore("count_identity_checks", identity_tally.count_all_checks, every_seconds=900)
        register_chore("purge_codes", codes.purge_codes, every_seconds=3600)
        register_chore(
            "purge_check_in_codes", check_in_codes.purge_check_in_codes, every_seconds=3600
        )
        register_chore("purge_sessions", sessions.purge_sessions, every_seconds=3600)
