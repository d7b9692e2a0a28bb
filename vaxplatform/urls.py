"""Every address of the platform."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from vaxplatform.language import switch_language
from vaxplatform.text_size import switch_text_size

urlpatterns = [
    path("", include("vaxplatform.health")),
    path("", include("vaxplatform.help_pages")),
    path("", include("vaxplatform.public_status")),
    path("", include("certificates.urls")),
    path("", include("public_portal.urls")),
    path("", include("public_portal.legacy.urls")),
    path("", include("registration.urls")),
    path("", include("response_center.urls")),
    path("", include("sites.urls")),
    path("language/", switch_language, name="set_language"),
    path("text-size/", switch_text_size, name="text_size"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include("certificates.api_urls")),
    path("api/v1/", include("public_portal.api_urls")),
    path("api/v1/", include("sites.api_urls")),
    path("staff/", include("certificates.staff_urls")),
    path("staff/", include("public_portal.staff_urls")),
    path("staff/", include("response_center.staff_urls")),
    path("staff/", include("sites.staff_urls")),
    path("staff/", admin.site.urls),
]

handler404 = "vaxplatform.unavailable.not_found"
handler500 = "vaxplatform.unavailable.server_error"

if settings.DEBUG:
    from vaxplatform.views import design

    urlpatterns += [path("design/", design, name="design")]
