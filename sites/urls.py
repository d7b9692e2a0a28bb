"""The citizens' pages of the sites: what the household says after a dose."""

from django.urls import path

from sites.views import diary

app_name = "sites"
urlpatterns = [
    path("account/people/<uuid:public_id>/diary/", diary.diary, name="diary"),
]
