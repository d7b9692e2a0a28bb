from django.apps import AppConfig


class VaxplatformConfig(AppConfig):
    """The foundation: knows no app, carries the shared templates, styles and commands."""

    name = "vaxplatform"
