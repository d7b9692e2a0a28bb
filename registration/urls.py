"""The citizens' pages."""

from django.urls import path, re_path

from registration.views import account, check_in, look_up, people, register

app_name = "registration"
urlpatterns = [
    path("register/", register.register, name="register"),
    path("register/<slug:step>/", register.register_step, name="register_step"),
    path("account/", account.account, name="account"),
    path("account/code/", account.code, name="code"),
    path("account/code/again/", account.code_again, name="code_again"),
    path("account/sign-out/", account.sign_out, name="sign_out"),
    path("account/people/add/", people.add_person, name="add_person"),
    path("account/people/<uuid:public_id>/", people.person, name="person"),
    path("account/people/<uuid:public_id>/change/", people.change_person, name="change_person"),
    path("account/registrations/<uuid:public_id>/", people.registration, name="registration"),
    path("account/registrations/<uuid:public_id>/cancel/", people.cancel, name="cancel"),
    path("look-up/", look_up.look_up, name="look_up"),
    path("look-up/code/", look_up.code, name="look_up_code"),
    path("look-up/record/", look_up.record, name="look_up_record"),
    path("look-up/close/", look_up.close, name="look_up_close"),
    # A QR holds the address in capitals.
    re_path(r"^c/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code, name="check_in_code"),
    re_path(r"^C/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code),
]
