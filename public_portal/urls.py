"""The public pages of the portal."""

from django.urls import path

from public_portal import (
    compare_views,
    day_views,
    figure_views,
    group_views,
    picture_views,
    supply_views,
    views,
)
from public_portal.open_data import views as open_data

app_name = "public_portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("statistics/", views.statistics, name="statistics"),
    path("statistics/days/", day_views.days, name="days"),
    path("statistics/groups/", group_views.by_group, name="groups"),
    path("statistics/supply/", supply_views.supply_and_use, name="supply"),
    path("statistics/compare/", compare_views.compare, name="compare"),
    path("statistics/picture.png", picture_views.country, name="picture"),
    path("statistics/provinces/<slug:code>/", views.province, name="province"),
    path(
        "statistics/provinces/<slug:code>/picture.png",
        picture_views.province,
        name="province_picture",
    ),
    path("statistics/definitions/", figure_views.definitions, name="definitions"),
    path("statistics/definitions/<slug:slug>/", figure_views.definition, name="definition"),
    path("statistics/restatements/", figure_views.restatements, name="restatements"),
    path("open-data/", open_data.open_data, name="open_data"),
    path("open-data/datapackage.json", open_data.datapackage, name="datapackage"),
    path(
        "open-data/provinces.csv",
        open_data.dataset_file,
        {"name": "provinces", "form": "csv"},
        name="provinces_csv",
    ),
    path(
        "open-data/daily.csv",
        open_data.dataset_file,
        {"name": "daily", "form": "csv"},
        name="daily_csv",
    ),
    path("open-data/<slug:name>.<str:form>", open_data.dataset_file, name="dataset"),
]
