"""The case desk, mounted under /staff/ before the admin."""

from django.urls import path

from response_center.views import (
    bulk,
    case_page,
    corrections,
    desk,
    evidence,
    hotline,
    identity,
    people,
)

app_name = "response_center_staff"
urlpatterns = [
    path("cases/", desk.queue, name="queue"),
    path("cases/new/", hotline.new_case, name="new"),
    path("cases/answer-many/", bulk.answer_many_page, name="answer_many"),
    path("cases/<slug:number>/", case_page.case, name="case"),
    path("cases/<slug:number>/correct/", corrections.correct, name="correct"),
    path("evidence/<uuid:public_id>/", evidence.staff_photo, name="evidence"),
    path("corrections/", corrections.waiting, name="corrections"),
    path("corrections/<uuid:public_id>/", corrections.correction, name="correction"),
    path("identity/", identity.overview, name="identity"),
    path("identity/lists/", identity.make, name="identity_make"),
    path("identity/lists/<uuid:public_id>/", identity.show_list, name="identity_list"),
    path("identity/lists/<uuid:public_id>/file/", identity.take, name="identity_file"),
    path("identity/answers/<uuid:public_id>/", identity.answers, name="identity_answers"),
    path("people/", people.pairs, name="pairs"),
    path("people/<uuid:public_id>/", people.pair, name="pair"),
    path("people/<uuid:public_id>/apart/", people.apart, name="pair_apart"),
]
