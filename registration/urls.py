"""The citizens' pages."""

from django.urls import path, re_path

from registration.views import account, check_in, claims, look_up, people, phones, privacy, register

app_name = "registration"
urlpatterns = [
    path("register/", register.register, name="register"),
    path("register/<slug:step>/", register.register_step, name="register_step"),
    path("account/", account.account, name="account"),
    path("account/code/", account.code, name="code"),
    path("account/code/again/", account.code_again, name="code_again"),
    path("account/sign-out/", account.sign_out, name="sign_out"),
    path("account/people/add/", people.add_person, name="add_person"),
    path("account/number/", phones.number, name="number"),
    path("account/number/code/", phones.number_code, name="number_code"),
    path("account/people/claim/", claims.claim, name="claim"),
    path("account/people/claim/code/", claims.by_code, name="claim_by_code"),
    path("account/people/claim/code/enter/", claims.code, name="claim_code"),
    path("account/people/claim/dose/", claims.by_dose, name="claim_by_dose"),
    path("account/people/claim/desk/", claims.at_desk, name="claim_at_desk"),
    path("account/claims/<uuid:public_id>/", claims.answer, name="claim_answer"),
    path("account/claims/<uuid:public_id>/decide/", claims.decide, name="claim_decide"),
    path("account/people/<uuid:public_id>/phones/", phones.phones, name="phones"),
    path("account/people/<uuid:public_id>/phones/<int:number>/end/", phones.end, name="end_phone"),
    path("account/people/<uuid:public_id>/looks/", privacy.looks, name="looks"),
    path("account/people/<uuid:public_id>/data/", privacy.data, name="own_data"),
    path("account/people/<uuid:public_id>/data.json", privacy.data_as_json, name="own_data_json"),
    path("account/people/<uuid:public_id>/data.txt", privacy.data_as_text, name="own_data_text"),
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
