"""Addresses of what is one's own (我的网页地址)."""

from django.urls import path

from jiedao.doors.web import exports, help, me, tours

urlpatterns = [
    path("me/", me.page, name="me"),
    path("me/look/", me.look, name="me_look"),
    path("me/hours/", me.hours, name="me_hours"),
    path("me/channels/", me.add, name="me_channel_add"),
    path("me/channels/<uuid:channel>/confirm/", me.confirm, name="me_channel_confirm"),
    path("me/channels/<uuid:channel>/<slug:what>/", me.act, name="me_channel"),
    path("me/copy/", me.copy, name="me_copy"),
    path("me/correct/", me.correct, name="me_correct"),
    path("me/exports/", exports.page, name="exports"),
    path("me/exports/ask/", exports.ask, name="exports_ask"),
    path("me/exports/clear/", exports.clear, name="exports_clear"),
    path("me/exports/<uuid:pk>/", exports.file, name="export_file"),
    path("me/exports/<uuid:pk>/decide/", exports.decide, name="exports_decide"),
    path("me/tours/<slug:name>/", tours.put_away, name="tour"),
    path("help/", help.index, name="help"),
    path("help/images/<str:name>", help.image, name="help_image"),
    path("help/<slug:role>/", help.page, name="help_page"),
    path("corrections/", me.waiting, name="corrections"),
    path("corrections/<uuid:row>/", me.answer, name="correction"),
    path("notices/deliveries/", me.deliveries, name="deliveries"),
]
