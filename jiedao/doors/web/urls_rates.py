"""Addresses of the rates (三率网页地址)."""

from django.urls import path

from jiedao.doors.web import rates

urlpatterns = [
    path("", rates.page, name="rates"),
    path("export.csv", rates.export, name="rates_export"),
    path("<str:code>/", rates.unit, name="rates_unit"),
    path("<str:code>/export.csv", rates.export, name="rates_unit_export"),
]
