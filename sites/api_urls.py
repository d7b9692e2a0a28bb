"""The sites' part of the API, under /api/v1/."""

from django.urls import path

from sites.api.doses import DosesView
from sites.api.views import CheckInView, LookupView, SessionsView, SitesView

urlpatterns = [
    path("citizens/lookup/", LookupView.as_view(), name="api-citizen-lookup"),
    path("doses/", DosesView.as_view(), name="api-doses"),
    path("sessions/", SessionsView.as_view(), name="api-sessions"),
    path("sessions/<uuid:public_id>/check-in/", CheckInView.as_view(), name="api-check-in"),
    path("sites/", SitesView.as_view(), name="api-sites"),
]
