"""The public pages of the portal."""

from django.urls import path

from public_portal import views

app_name = "public_portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("statistics/", views.statistics, name="statistics"),
    path("statistics/provinces/<slug:code>/", views.province, name="province"),
    path("open-data/", views.open_data, name="open_data"),
    path("open-data/provinces.csv", views.provinces_csv, name="provinces_csv"),
    path("open-data/daily.csv", views.daily_csv, name="daily_csv"),
]
