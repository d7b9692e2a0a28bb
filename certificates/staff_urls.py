"""The officials' page of waits, mounted under /staff/ before the admin."""

from django.urls import path

from certificates import waits_views

app_name = "certificates_staff"
urlpatterns = [
    path("certificates/waits/", waits_views.waits, name="waits"),
    path(
        "certificates/waits/provinces/<str:code>/",
        waits_views.province_waits,
        name="province_waits",
    ),
    path("certificates/waits/sites/<str:code>/", waits_views.site_waits, name="site_waits"),
]
