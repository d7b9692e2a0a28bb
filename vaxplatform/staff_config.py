"""Puts our admin site where django.contrib.admin would make its own."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """In INSTALLED_APPS instead of "django.contrib.admin"."""

    default_site = "vaxplatform.admin.StaffAdminSite"
