"""Addresses of the duty lists (清单网页地址): public ones, then the desk's. A list is never called search, desk or the like."""

from django.urls import path, re_path

from jiedao.doors.web import duties, duties_desk, duties_rounds

urlpatterns = [
    path("", duties.index, name="duties"),
    path("search/", duties.search, name="duties_search"),
    path("questions/", duties.inquiries, name="duties_inquiries"),
    path("compare/<str:code>/", duties.differences, name="duties_compare"),
    path("handed/<str:code>/", duties.handed, name="duties_handed"),
    re_path(r"^export/(?P<code>[A-Za-z0-9_-]+)\.(?P<kind>csv|xlsx)$", duties.export, name="duties_export"),
    path("desk/", duties_desk.desk, name="duties_desk"),
    path("desk/new/", duties_desk.begin, name="duties_begin"),
    path("gaps/", duties_desk.mend, name="duties_gaps"),
    path("round/<str:number>/", duties_rounds.page, name="duties_round"),
    path("draft/<str:code>/", duties_desk.draft, name="duties_draft"),
    path("draft/<str:code>/new/", duties_desk.edit, name="duties_new"),
    path("draft/<str:code>/edit/<str:item_code>/", duties_desk.edit, name="duties_edit"),
    path("draft/<str:code>/remove/", duties_desk.remove, name="duties_remove"),
    path("draft/<str:code>/bring/", duties_desk.bring, name="duties_bring"),
    path("draft/<str:code>/trial/", duties_desk.tried, name="duties_trial"),
    path("<str:code>/", duties.page, name="duties_list"),
    path("<str:code>/<str:item_code>/", duties.item, name="duties_item"),
]
