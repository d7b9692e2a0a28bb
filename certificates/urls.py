"""Public pages of certificates."""

from django.urls import path

from certificates import verifier_views, views

app_name = "certificates"
urlpatterns = [
    path("certificates/<uuid:public_id>/", views.certificate, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", views.certificate_as_pdf, name="pdf"),
    path("certificates/<uuid:public_id>.svg", views.certificate_as_svg, name="svg"),
    path("verify/", verifier_views.verify_page, name="verify"),
    path("verify/manifest.webmanifest", verifier_views.manifest, name="verify-manifest"),
    path("verify/worker.js", verifier_views.worker, name="verify-worker"),
]
