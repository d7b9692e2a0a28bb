from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SitesConfig(AppConfig):
    """The vaccination sites. The label differs from the folder: django.contrib.sites owns it."""

    name = "sites"
    label = "vaccination_sites"
    verbose_name = _("Vaccination sites")

    def ready(self) -> None:
        from registration.services.registration_changes import register_release
        from sites import health_book, invariants, own_data, public_status
        from sites.menu import register_menu
        from sites.rights import role_allows
        from sites.services import (
            follow_ups,
            import_queue,
            imported_rows,
            reference,
            sessions,
            sheets,
        )
        from vaxplatform.chores import register_chore
        from vaxplatform.reference import register_loader
        from vaxplatform.rights import register_rule

        register_loader("vaccines", reference.load_vaccines)
        register_loader("vaccine spellings", reference.load_vaccine_spellings)
        register_loader("interval rules", reference.load_interval_rules)
        register_loader("screening forms", reference.load_screening_forms)
        register_rule(role_allows)
        register_chore("record_files", import_queue.work_on_files, every_seconds=2)
        register_chore("forget_files", import_queue.forget_files, every_seconds=24 * 3600)
        register_chore("forget_cells", imported_rows.forget_cells, every_seconds=24 * 3600)
        register_chore("forget_sheets", sheets.forget_sheets, every_seconds=24 * 3600)
        register_release(sessions.give_up_seat)
        register_chore("ask_how_people_are", follow_ups.ask_how_people_are, every_seconds=600)
        register_menu()
        invariants.register()
        health_book.register()
        own_data.register()
        public_status.register()
