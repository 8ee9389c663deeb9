"""Addresses (网址): one include per door."""

from typing import Any

from django.urls import include, path

urlpatterns: list[Any] = [
    path("", include("jiedao.doors.api.urls")),
    path("", include("jiedao.doors.web.urls")),
]
handler400 = "jiedao.doors.web.faults.unreadable"
handler404 = "jiedao.doors.web.middleware.absent"
handler403 = "jiedao.doors.web.middleware.absent"
handler500 = "jiedao.doors.web.faults.failed"
