"""Addresses of the organisation (组织网页地址)."""

from django.urls import path

from jiedao.doors.web import (
    certified,
    organisation,
    organisation_acts,
    organisation_checks,
    organisation_import,
    organisation_seat,
)

urlpatterns = [
    path("", organisation.chart, name="organisation"),
    path("unit/<str:code>/", organisation.unit, name="organisation_unit"),
    path("seat/<str:code>/", organisation_seat.page, name="organisation_seat"),
    path("roster/", organisation.roster, name="organisation_roster"),
    path("roster/export.csv", organisation.export, {"form": "csv"}, name="organisation_csv"),
    path("roster/export.xlsx", organisation.export, {"form": "xlsx"}, name="organisation_xlsx"),
    path("vacancies/", organisation.vacancies, name="organisation_vacancies"),
    path("approved/", organisation_checks.approved, name="organisation_approved"),
    path("accounts/", organisation_checks.accounts, name="organisation_accounts"),
    path("certificates/", certified.page, name="organisation_certificates"),
    path("ties/", organisation_checks.tied, name="organisation_ties"),
    path("stationed/", organisation_checks.stationed, name="organisation_stationed"),
    path("linked/", organisation_checks.links, name="organisation_linked"),
    path("do/<slug:name>/", organisation_acts.do, name="organisation_do"),
    path("import/", organisation_import.page, name="organisation_import"),
    path("import/template.<str:form>", organisation_import.template, name="organisation_template"),
]
