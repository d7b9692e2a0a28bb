"""The staff's pages of the portal, under /staff/."""

from django.urls import path

from public_portal import staff_views

app_name = "public_portal_staff"
urlpatterns = [path("reports/", staff_views.reports, name="reports")]
