"""Addresses of the process designer (流程设计网址)."""

from django.urls import URLPattern, URLResolver, path

from jiedao.doors.web import processes

urlpatterns: list[URLPattern | URLResolver] = [
    path("", processes.page, name="processes"),
    path("bring/", processes.bring, name="process_bring"),
    path("draft/<uuid:draft_id>/", processes.draft, name="process_draft"),
    path("draft/<uuid:draft_id>/trial/", processes.tried, name="process_trial"),
    path("draft/<uuid:draft_id>/file/", processes.written, name="process_file"),
    path("draft/<uuid:draft_id>/<slug:verb>/", processes.act, name="process_act"),
    path("<slug:code>/", processes.version, name="process"),
    path("<slug:code>/begin/", processes.begin, name="process_begin"),
]
