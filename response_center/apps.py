from django.apps import AppConfig
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class ResponseCenterConfig(AppConfig):
    name = "response_center"
    verbose_name = _("Response centre")

    def ready(self) -> None:
        from certificates.stuck_cases import register_case_finder
        from registration.desk import register_desk
        from registration.health_book import register_section
        from response_center import desk_claims, health_book, invariants, own_data
        from response_center.services import answers, duplicates, evidence, rounds, typed_doses
        from response_center.stuck import links_to_cases
        from response_center.views.menu import (
            corrections_to_decide,
            may_check_identity,
            may_judge_pairs,
            may_see_board,
            may_see_cases,
            may_work_cases,
            pairs_to_decide,
            waiting_cases,
        )
        from vaxplatform.chores import register_chore
        from vaxplatform.reference import register_loader
        from vaxplatform.staff import StaffLink, register_staff_links

        register_chore(
            "open_cases_for_stuck_certificates",
            rounds.open_cases_for_stuck_certificates,
            every_seconds=60,
        )
        register_chore("link_typed_doses", typed_doses.link_typed_doses, every_seconds=60)
        register_chore("close_answered_cases", rounds.close_answered_cases, every_seconds=30)
        register_chore("escalate_overdue_cases", rounds.escalate_overdue_cases, every_seconds=300)
        register_chore("forget_case_photos", evidence.forget_photos, every_seconds=3600)
        register_chore("find_duplicates", duplicates.find_duplicates, every_seconds=60)
        register_loader("answer templates", answers.load_answer_templates)
        register_section(40, health_book.reports_section)
        register_case_finder(links_to_cases)
        register_desk(desk_claims.open_claim)
        own_data.register()
        invariants.register_all()
        register_staff_links(
            StaffLink(
                "response",
                _("Reports"),
                reverse_lazy("response_center_staff:queue"),
                icon="mail",
                symbol="inbox",
                permission=may_see_cases,
                badge=waiting_cases,
                order=10,
            ),
            StaffLink(
                "response",
                _("For a second person"),
                reverse_lazy("response_center_staff:corrections"),
                icon="edit",
                symbol="rule",
                permission=may_work_cases,
                badge=corrections_to_decide,
                order=12,
            ),
            StaffLink(
                "response",
                _("One person twice?"),
                reverse_lazy("response_center_staff:pairs"),
                icon="user",
                symbol="group",
                permission=may_judge_pairs,
                badge=pairs_to_decide,
                order=14,
            ),
            StaffLink(
                "response",
                _("Identity check"),
                reverse_lazy("response_center_staff:identity"),
                icon="check",
                symbol="fact_check",
                permission=may_check_identity,
                order=16,
            ),
            StaffLink(
                "response",
                _("Command board"),
                reverse_lazy("response_center:board"),
                icon="chart",
                symbol="monitoring",
                permission=may_see_board,
                order=20,
            ),
            StaffLink(
                "response",
                _("How soon reports are answered"),
                reverse_lazy("response_center:staff_figures"),
                icon="clock",
                symbol="speed",
                permission=may_see_board,
                order=22,
            ),
        )
