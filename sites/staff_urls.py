"""The work pages of the sites, under /staff/."""

from django.urls import path

from sites.views import (
    checkin,
    doses,
    import_rows,
    imports,
    observe,
    paper,
    screening,
    sessions,
    stock,
)

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
    path("imports/", imports.list_files, name="imports"),
    path("imports/template/<str:form>.xlsx", imports.template, name="import_template"),
    path("imports/<uuid:public_id>/", imports.show_file, name="import"),
    path("imports/<uuid:public_id>/columns/", imports.choose_columns, name="import_columns"),
    path("imports/<uuid:public_id>/record/", imports.record, name="import_record"),
    path("imports/<uuid:public_id>/stop/", imports.stop, name="import_stop"),
    path("imports/<uuid:public_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:public_id>/mend.xlsx", imports.rows_to_mend, name="import_mend"),
    path("imports/<uuid:public_id>/rows/", import_rows.held_rows, name="import_rows"),
    path("imports/<uuid:public_id>/rows/again/", import_rows.try_all, name="import_again"),
    path("imports/<uuid:public_id>/matched/", import_rows.matched_rows, name="import_matched"),
    path(
        "imports/<uuid:public_id>/rows/<int:line>/<int:part>/",
        import_rows.decide_row,
        name="import_row",
    ),
    path(
        "imports/<uuid:public_id>/rows/<int:line>/<int:part>/separate/",
        import_rows.separate_row,
        name="import_separate",
    ),
    path("stock/receive/", stock.receive, name="receive_lot"),
    path("stock/<int:pk>/waste/", stock.waste, name="waste_doses"),
    path("stock/<int:pk>/recall/", stock.recall, name="recall_lot"),
    path("doses/<int:pk>/void/", stock.void, name="void_dose"),
]
