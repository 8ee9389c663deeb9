"""Addresses of the pages (网页地址): the desks' own, then the residents', files, sign-in."""

from django.urls import URLPattern, URLResolver, include, path

from jiedao.doors.web import (
    case,
    checks,
    contact,
    department,
    desks,
    notices,
    parts,
    search,
    supervision,
    triage,
    whistles,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/", desks.home, name="desk"),
    path("desk/post/", desks.switch, name="switch_post"),
    path("triage/", triage.inbox, name="triage"),
    path("department/", department.desk, name="department"),
    path("department/send/", department.send, name="two_way"),
    path("whistles/", whistles.console, name="whistles"),
    path("whistles/new/", whistles.new, name="whistle_new"),
    path("checks/", checks.desk, name="checks"),
    path("supervision/", supervision.desk, name="supervision"),
    path("notices/", notices.page, name="notices"),
    path("notices/read/", notices.read, name="notices_read"),
    path("search/", search.page, name="search"),
    path("case/<str:number>/", case.page, name="case"),
    path("case/<str:number>/arrival/", whistles.code, name="arrival"),
    path("case/<str:number>/do/<slug:verb>/", case.do, name="do"),
    path("case/<str:number>/contact/", contact.contact, name="contact"),
    path("pick/<slug:what>/", parts.pick, name="pick"),
    path("locate/", parts.locate, name="locate"),
    path("outlines/", parts.outlines, name="outlines"),
    path("places/", parts.places, name="places"),
    path("organisation/", include("jiedao.doors.web.urls_organisation")),
    path("rates/", include("jiedao.doors.web.urls_rates")),
    path("cases/", include("jiedao.doors.web.urls_register")),
    path("processes/", include("jiedao.doors.web.urls_processes")),
    path("grids/", include("jiedao.doors.web.urls_grids")),
    path("lists/", include("jiedao.doors.web.urls_duties")),
    path("", include("jiedao.doors.web.urls_admission")),
    path("", include("jiedao.doors.web.urls_resident")),
]
