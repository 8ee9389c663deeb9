"""Addresses of the register (案件总表网址)."""

from django.urls import URLPattern, URLResolver, path

from jiedao.doors.web import register

urlpatterns: list[URLPattern | URLResolver] = [
    path("", register.page, name="cases"),
    path("export.<slug:kind>", register.export, name="cases_export"),
    path("views/save/", register.save, name="cases_save"),
    path("views/<uuid:view_id>/forget/", register.forget, name="cases_forget"),
    path("bulk/", register.bulk, name="cases_bulk"),
]
