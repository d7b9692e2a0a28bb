"""The citizens' pages of the response centre, and the officials' command board."""

from django.urls import path

from response_center.views import board, board_sites, check, evidence, measures, mine, support

app_name = "response_center"
urlpatterns = [
    path("support/", support.support, name="support"),
    path("support/report/<slug:kind>/", support.report, name="report"),
    path("support/check/", check.check, name="check"),
    path("support/check/code/", check.check_code, name="check_code"),
    path("support/confirm/", support.confirm, name="confirm"),
    path("support/follow/", support.follow, name="follow"),
    path("support/follow/code/", support.follow_code, name="follow_code"),
    path("support/cases/", support.cases, name="cases"),
    path("support/cases/<slug:number>/", support.case, name="case"),
    path("support/cases/<slug:number>/photo/", mine.add_photo, name="add_photo"),
    path("support/cases/<slug:number>/more/", mine.say_more, name="say_more"),
    path("support/cases/<slug:number>/object/", mine.objection, name="object"),
    path("support/photos/<uuid:public_id>/", evidence.own_photo, name="photo"),
    path("support/figures/", measures.figures, name="figures"),
    path("board/", board.board, name="board"),
    path("board/provinces/<slug:code>/", board.board_province, name="board_province"),
    path("board/sites/", board_sites.board_sites, name="board_sites"),
    path("board/sites/<uuid:public_id>/", board_sites.board_site, name="board_site"),
    path("board/alarms/", board.acknowledge_alarm, name="acknowledge_alarm"),
    path("board/reports/", measures.staff_figures, name="staff_figures"),
]
