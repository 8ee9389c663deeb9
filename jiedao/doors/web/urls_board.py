"""Addresses of the leader's board (看板网页地址)."""

from django.urls import path

from jiedao.doors.web import board, honesty

urlpatterns = [
    path("", board.page, name="board"),
    path("honesty/", honesty.page, name="honesty"),
    path("problems/", honesty.problems, name="problems"),
    path("problems/new/", honesty.open_problem, name="problem_new"),
    path("problems/<uuid:pk>/close/", honesty.close_problem, name="problem_close"),
    path("list/<slug:name>/", board.listed, name="board_list"),
    path("instruct/<str:number>/", board.instruct, name="board_instruct"),
]
