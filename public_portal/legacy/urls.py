"""The old paths, without a slash at their end, as the clients have them."""

from django.urls import path

from public_portal.legacy import views

DASHBOARD = "api/public/dashboard"

app_name = "old_portal"
urlpatterns = [
    path(f"{DASHBOARD}/vaccination-statistics/all", views.AllView.as_view(), name="stats_all"),
    path(
        f"{DASHBOARD}/vaccination-statistics/summary",
        views.SummaryView.as_view(),
        name="stats_summary",
    ),
    path(
        f"{DASHBOARD}/vaccination-statistics/get-detail-latest",
        views.LatestView.as_view(),
        name="detail_latest",
    ),
    path(f"{DASHBOARD}/injection-statistics/by-days", views.ByDaysView.as_view(), name="by_days"),
    path(
        f"{DASHBOARD}/vaccine-allocate/province-detail", views.PlanView.as_view(), name="alloc_plan"
    ),
    path(
        f"{DASHBOARD}/vaccine-allocate/province-detail/reality",
        views.ReceivedView.as_view(),
        name="alloc_real",
    ),
    path(
        f"{DASHBOARD}/vaccination-location/search", views.LocationsView.as_view(), name="locations"
    ),
    path("api/province/public/all", views.ProvincesView.as_view(), name="provinces"),
]
