"""The citizens' pages."""

from django.urls import path, re_path

from registration.views import account, check_in, news, people, register

app_name = "registration"
urlpatterns = [
    path("register/", register.register, name="register"),
    path("register/<slug:step>/", register.register_step, name="register_step"),
    path("account/", account.account, name="account"),
    path("account/code/", account.code, name="code"),
    path("account/code/again/", account.code_again, name="code_again"),
    path("account/sign-out/", account.sign_out, name="sign_out"),
    path("account/news/", news.news, name="news"),
    path("account/news/on/", news.news_on, name="news_on"),
    path("account/news/off/", news.news_off, name="news_off"),
    path("account/push-worker.js", news.push_worker, name="push_worker"),
    path("account/people/add/", people.add_person, name="add_person"),
    path("account/people/<uuid:public_id>/", people.person, name="person"),
    path("account/people/<uuid:public_id>/change/", people.change_person, name="change_person"),
    path("account/registrations/<uuid:public_id>/", people.registration, name="registration"),
    path("account/registrations/<uuid:public_id>/cancel/", people.cancel, name="cancel"),
    # A QR holds the address in capitals.
    re_path(r"^c/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code, name="check_in_code"),
    re_path(r"^C/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code),
]
