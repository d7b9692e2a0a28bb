"""The certificates' part of the API, under /api/v1/."""

from django.urls import path

from certificates.api.changes import ChangesView
from certificates.api.doses import DoseView, VerifyView
from certificates.api.lists import (
    BatchListView,
    BatchView,
    KeySetView,
    OfflineListView,
    SignedKeySetView,
    TrustListView,
)

urlpatterns = [
    path("certificates/changes/", ChangesView.as_view(), name="api-changes"),
    path("certificates/verify/", VerifyView.as_view(), name="api-verify"),
    path("doses/<uuid:public_id>/", DoseView.as_view(), name="api-dose"),
    path("revocations/", BatchListView.as_view(), name="api-revocations"),
    path("revocations/offline.bin", OfflineListView.as_view(), name="api-offline-list"),
    path("revocations/<uuid:public_id>/", BatchView.as_view(), name="api-revocation-batch"),
    path("trust-list/", TrustListView.as_view(), name="api-trust-list"),
    path("trust-list/jwks.json", KeySetView.as_view(), name="api-jwks"),
    path("trust-list/jwks.jws", SignedKeySetView.as_view(), name="api-jws"),
]
