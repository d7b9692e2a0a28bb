"""The citizens' pages."""

from django.urls import path, re_path

from registration.views import (
    account,
    check_in,
    people,
    people_lists,
    places,
    register,
    registrations,
)

app_name = "registration"
urlpatterns = [
    path("register/", register.register, name="register"),
    path("register/lists/", people_lists.lists, name="people_lists"),
    path("register/lists/sheet.xlsx", people_lists.sheet, name="people_list_sheet"),
    path("register/lists/<uuid:public_id>/", people_lists.one, name="people_list"),
    path(
        "register/lists/<uuid:public_id>/faults.xlsx",
        people_lists.faults,
        name="people_list_faults",
    ),
    path("register/<slug:step>/", register.register_step, name="register_step"),
    path("account/", account.account, name="account"),
    path("account/code/", account.code, name="code"),
    path("account/code/again/", account.code_again, name="code_again"),
    path("account/sign-out/", account.sign_out, name="sign_out"),
    path("account/people/add/", people.add_person, name="add_person"),
    path("account/people/<uuid:public_id>/", people.person, name="person"),
    path("account/people/<uuid:public_id>/change/", people.change_person, name="change_person"),
    path(
        "account/registrations/<uuid:public_id>/", registrations.registration, name="registration"
    ),
    path(
        "account/registrations/<uuid:public_id>/sent/", registrations.registered, name="registered"
    ),
    path("account/registrations/<uuid:public_id>/change/", registrations.change, name="change"),
    path("account/registrations/<uuid:public_id>/move/", registrations.move, name="move"),
    path("account/registrations/<uuid:public_id>/cancel/", registrations.cancel, name="cancel"),
    path("places/<slug:code>/wards.json", places.wards, name="wards"),
    # A QR holds the address in capitals.
    re_path(r"^c/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code, name="check_in_code"),
    re_path(r"^C/(?P<code>[A-Za-z2-7]{26})/?$", check_in.check_in_code),
]
