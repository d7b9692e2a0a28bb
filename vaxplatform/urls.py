"""Every address of the platform."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from vaxplatform.language import switch_language

urlpatterns = [
    path("", include("vaxplatform.health")),
    path("language/", switch_language, name="set_language"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("staff/", admin.site.urls),
]

handler500 = "vaxplatform.unavailable.server_error"

if settings.DEBUG:
    from vaxplatform.views import design

    urlpatterns += [path("design/", design, name="design")]
