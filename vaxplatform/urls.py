"""Every address of the platform; the stable ones stand in the contract (docs/contract.md)."""

from django.conf import settings
from django.contrib import admin
from django.urls import path

from vaxplatform.language import switch_language

urlpatterns = [
    path("language/", switch_language, name="set_language"),
    path("staff/", admin.site.urls),
]

if settings.DEBUG:
    from vaxplatform.views import design

    urlpatterns += [path("design/", design, name="design")]
