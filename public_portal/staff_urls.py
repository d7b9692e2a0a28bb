"""The staff's pages of the portal, under /staff/."""

from django.urls import path

from public_portal import backlog_views, staff_views

app_name = "public_portal_staff"
urlpatterns = [
    path("reports/", staff_views.reports, name="reports"),
    path("backlog/", backlog_views.backlog, name="backlog"),
    path("backlog/sites/<str:code>/", backlog_views.site_backlog, name="site_backlog"),
    path("backlog/<slug:code>/", backlog_views.province_backlog, name="province_backlog"),
    path("backlog/<slug:code>/days/", backlog_views.province_days, name="province_days"),
]
