"""The officials' page of waits, mounted under /staff/ before the admin."""

from django.urls import path

from certificates.views import waits

app_name = "certificates_staff"
urlpatterns = [
    path("certificates/waits/", waits.waits, name="waits"),
    path(
        "certificates/waits/provinces/<str:code>/",
        waits.province_waits,
        name="province_waits",
    ),
    path("certificates/waits/sites/<str:code>/", waits.site_waits, name="site_waits"),
]
