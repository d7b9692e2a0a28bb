"""The old paths, without a slash at their end, as the clients have them."""

from django.urls import path
from django.views.generic import RedirectView

from public_portal.legacy import pages, personal, views

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
    path("api/vaccination/public/otp-search", personal.OtpSearchView.as_view(), name="otp_search"),
    path(
        "api/vaccination/public/patient-vaccinated",
        personal.PatientVaccinatedView.as_view(),
        name="patient_vaccinated",
    ),
    path("portal", RedirectView.as_view(url="/portal/portal-report"), name="portal"),
    path("portal/", RedirectView.as_view(url="/portal/portal-report")),
    path("portal/register-person", RedirectView.as_view(url="/register/"), name="register_person"),
    path("portal/search", RedirectView.as_view(url="/account/"), name="search"),
    path("portal/portal-report", pages.portal_report, name="portal_report"),
]
