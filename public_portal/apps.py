from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublicPortalConfig(AppConfig):
    name = "public_portal"
    verbose_name = _("Public portal")

    def ready(self) -> None:
        from public_portal import backlog, health_book, public_status
        from public_portal.services import reconciliation, rollups
        from registration.health_book import register_section
        from sites.entry_forecast import register_province_reader, register_reader
        from vaxplatform.alarms import register_alarm
        from vaxplatform.chores import register_chore
        from vaxplatform.invariants import register_invariant

        register_chore("refresh_statistics", rollups.refresh_all_statistics, every_seconds=5)
        register_invariant("statistics_equal_a_recount", rollups.drift_from_a_recount)
        register_chore("reconcile_totals", reconciliation.reconcile_when_due, every_seconds=15 * 60)
        register_invariant("portal_sites_and_lots_have_the_same_doses", reconciliation.differences)
        register_alarm("totals_differ", reconciliation.reconciliation_alarm)
        register_reader(backlog.forecast_for_dose)
        register_province_reader(backlog.entry_of_provinces)
        register_section(35, health_book.awaited_section)
        public_status.register()
        self._link_for_staff()

    def _link_for_staff(self) -> None:
        from django.http import HttpRequest
        from django.urls import reverse_lazy

        from public_portal.services.reports import REPORTING_ACTIONS
        from sites.models import Role
        from sites.rights import MAY, SEE_BOARD
        from sites.scoping import posting_of
        from vaxplatform.staff import StaffLink, register_staff_links

        def allows(request: HttpRequest, *actions: str) -> bool:
            """Whether the role has one of the actions: one look at the posting."""
            posting = posting_of(request.user)
            return posting is not None and bool(MAY[Role(posting.role)].intersection(actions))

        register_staff_links(
            StaffLink(
                "site",
                _("Daily reports"),
                reverse_lazy("public_portal_staff:reports"),
                icon="chart",
                symbol="summarize",
                permission=lambda request: allows(request, *REPORTING_ACTIONS),
                order=60,
            ),
            StaffLink(
                "site",
                _("Reported and not on record"),
                reverse_lazy("public_portal_staff:backlog"),
                icon="todo",
                symbol="pending_actions",
                permission=lambda request: allows(request, SEE_BOARD, *REPORTING_ACTIONS),
                order=61,
            ),
        )
