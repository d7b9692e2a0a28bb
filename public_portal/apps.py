from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublicPortalConfig(AppConfig):
    name = "public_portal"
    verbose_name = _("Public portal")

    def ready(self) -> None:
        from public_portal.services import rollups
        from vaxplatform.chores import register_chore
        from vaxplatform.invariants import register_invariant

        register_chore("refresh_statistics", rollups.refresh_all_statistics, every_seconds=5)
        register_invariant("statistics_equal_a_recount", rollups.drift_from_a_recount)
