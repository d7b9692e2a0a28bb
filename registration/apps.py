from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = _("Citizens and registration")

    def ready(self) -> None:
        from registration.services import reference
        from vaxplatform.reference import register_loader

        register_loader("places", reference.load_places)
        register_loader("priority groups", reference.load_priority_groups)
        register_loader("medical history", reference.load_medical_history)
