from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResponseCenterConfig(AppConfig):
    name = "response_center"
    verbose_name = _("Response centre")
