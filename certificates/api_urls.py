"""The certificates' part of the API, under /api/v1/."""

from django.urls import path

from certificates.api import DoseView, RevocationsView, TrustListView, VerifyView

urlpatterns = [
    path("certificates/verify/", VerifyView.as_view(), name="api-verify"),
    path("doses/<uuid:public_id>/", DoseView.as_view(), name="api-dose"),
    path("revocations/", RevocationsView.as_view(), name="api-revocations"),
    path("trust-list/", TrustListView.as_view(), name="api-trust-list"),
]
