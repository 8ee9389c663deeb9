"""Addresses of the scores (评分网页地址)."""

from django.urls import path

from jiedao.doors.web import scores, scores_acts, scores_files, scores_rules

urlpatterns = [
    path("", scores.book, name="scores"),
    path("open/", scores_acts.open_period, name="scores_open"),
    path("rules/<slug:code>/", scores_rules.page, name="scores_rule"),
    path("rules/<slug:code>/write/", scores_rules.write, name="scores_write"),
    path("rules/<slug:code>/publish/", scores_rules.publish, name="scores_publish_rule"),
    path("rules/<slug:code>/drop/", scores_rules.drop, name="scores_drop_rule"),
    path("objections/<uuid:pk>/decide/", scores_acts.decide, name="scores_decide"),
    path("<slug:code>/<str:called>/", scores.period, name="scores_period"),
    path("<slug:code>/<str:called>/do/<slug:step>/", scores_acts.step, name="scores_step"),
    path("<slug:code>/<str:called>/file/<slug:kind>/", scores_files.file, name="scores_file"),
    path("<slug:code>/<str:called>/line/<str:about>/", scores.line, name="scores_line"),
    path("<slug:code>/<str:called>/line/<str:about>/object/", scores_acts.contest, name="scores_object"),
    path("<slug:code>/<str:called>/line/<str:about>/mark/", scores_acts.mark, name="scores_mark"),
    path("<slug:code>/<str:called>/line/<str:about>/confirm/", scores_acts.confirm, name="scores_confirm"),
]
