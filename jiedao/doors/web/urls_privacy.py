"""Addresses of personal data, of its watchers, and of who runs the platform (个人信息、审计与运行网址)."""

from django.urls import URLPattern, path

from jiedao.doors.web import audit, operator, retention, subjects

urlpatterns: list[URLPattern] = [
    path("people-rights/", subjects.page, name="people_rights"),
    path("people-rights/new/", subjects.ask, name="people_rights_ask"),
    path("people-rights/<uuid:request_id>/", subjects.one, name="people_rights_one"),
    path("people-rights/<uuid:request_id>/copy/", subjects.copy, name="people_rights_copy"),
    path("people-rights/<uuid:request_id>/delete/", subjects.delete, name="people_rights_delete"),
    path("people-rights/<uuid:request_id>/<slug:verb>/", subjects.act, name="people_rights_act"),
    path("retention/", retention.page, name="retention"),
    path("retention/hold/", retention.hold, name="retention_hold"),
    path("retention/hold/<uuid:hold_id>/lift/", retention.lift, name="retention_lift"),
    path("audit/", audit.page, name="audit"),
    path("operator/", operator.page, name="operator"),
]
