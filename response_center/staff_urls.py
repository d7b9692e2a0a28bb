"""The case desk, mounted under /staff/ before the admin."""

from django.urls import path

from response_center.views import case_page, desk

app_name = "response_center_staff"
urlpatterns = [
    path("cases/", desk.queue, name="queue"),
    path("cases/<slug:number>/", case_page.case, name="case"),
]
