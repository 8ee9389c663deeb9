"""Addresses of residents (居民端网址), of files and of signing in."""

from django.urls import URLPattern, URLResolver, path

from jiedao.doors.web import files, offices, offline, public, receiving, reporting, resident, scores_public, signin

urlpatterns: list[URLPattern | URLResolver] = [
    path("", resident.home, name="home"),
    path("report/", reporting.report, name="report"),
    path("report/sw.js", offline.worker, name="report_worker"),
    path("report/offline/", offline.shell, name="report_offline"),
    path("report/done/", receiving.done, name="report_done"),
    path("report/place/", receiving.place, name="report_place"),
    path("report/similar/", receiving.similar, name="report_similar"),
    path("report/outlines/", receiving.outlines, name="report_outlines"),
    path("public/", public.page, name="public"),
    path("public/list/", public.listed, name="public_list"),
    path("public/scores/", scores_public.page, name="public_scores"),
    path("offices/", offices.page, name="offices"),
    path("follow/", resident.follow, name="follow"),
    path("follow/part/<slug:what>/", resident.part, name="follow_part"),
    path("follow/leave/", resident.leave, name="follow_close"),
    path("follow/<slug:verb>/", resident.act, name="follow_act"),
    path("files/<uuid:attachment_id>/", files.file, name="file"),
    path("files/<uuid:attachment_id>/thumb/", files.thumb, name="file_thumb"),
    path("files/<uuid:attachment_id>/view/", files.view, name="file_view"),
    *signin.urlpatterns,
]
