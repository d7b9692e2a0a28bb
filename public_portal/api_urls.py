"""The statistics API, under /api/v1/."""

from django.urls import path

from public_portal import api

app_name = "public_portal_api"
urlpatterns = [
    path("statistics/summary/", api.SummaryView.as_view(), name="summary"),
    path("statistics/provinces/", api.ProvincesView.as_view(), name="provinces"),
    path("statistics/daily/", api.DailyView.as_view(), name="daily"),
]
