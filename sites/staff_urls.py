"""The work pages of the sites, under /staff/."""

from django.urls import path

from sites.views import checkin, doses, observe, paper, screening, sessions, stock

app_name = "sites_staff"
urlpatterns = [
    path("session/", sessions.pick_session, name="session"),
    path("checkin/", checkin.check_in_desk, name="check_in"),
    path("checkin/person/", checkin.check_in_person, name="check_in_person"),
    path("checkin/new/", checkin.add_walk_in, name="walk_in"),
    path("checkin/<uuid:public_id>/undo/", checkin.undo_check_in, name="undo_check_in"),
    path("screening/", screening.screening_queue, name="screening"),
    path("screening/<uuid:public_id>/", screening.screen_person, name="screen"),
    path("dose/", doses.dose_queue, name="doses"),
    path("dose/<uuid:public_id>/", doses.give_dose, name="dose"),
    path("dose/<uuid:public_id>/not/", doses.no_dose, name="no_dose"),
    path("observe/", observe.observation_board, name="observe"),
    path("observe/<uuid:public_id>/early/", observe.discharge_early, name="discharge_early"),
    path("paper/", paper.enter_paper, name="paper"),
    path("stock/receive/", stock.receive, name="receive_lot"),
    path("stock/<int:pk>/waste/", stock.waste, name="waste_doses"),
    path("stock/<int:pk>/recall/", stock.recall, name="recall_lot"),
    path("doses/<int:pk>/void/", stock.void, name="void_dose"),
]
