"""Public pages of certificates."""

from django.urls import path

from certificates import views

app_name = "certificates"
urlpatterns = [
    path("certificates/<uuid:public_id>/", views.certificate, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", views.certificate_as_pdf, name="pdf"),
    path("certificates/<uuid:public_id>.svg", views.certificate_as_svg, name="svg"),
    path("verify/", views.verify_page, name="verify"),
]
