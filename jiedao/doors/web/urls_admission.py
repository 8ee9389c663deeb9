"""Addresses of admission (准入、划转、职权、负担、证明)."""

from django.urls import URLPattern, path

from jiedao.doors.web import admission, burden, certificates, handover, rights

urlpatterns: list[URLPattern] = [
    path("admission/", admission.page, name="admission"),
    path("admission/apply/", admission.apply, name="admission_apply"),
    path("admission/<str:number>/", admission.papers, name="admission_papers"),
    path("handover/", handover.page, name="handover"),
    path("handover/book/", handover.book, name="handover_book"),
    path("handover/<uuid:row>/<slug:step>/", handover.step, name="handover_step"),
    path("rights/", rights.page, name="rights"),
    path("rights/ask/<slug:right>/", rights.ask, name="rights_ask"),
    path("rights/<str:number>/decision/", rights.decision, name="rights_decision"),
    path("burden/", burden.page, name="burden"),
    path("burden/add/", burden.add, name="burden_add"),
    path("burden/<uuid:row>/end/", burden.end, name="burden_end"),
    path("certificates/", certificates.page, name="certificates"),
    path("certificates/demand/", certificates.demand, name="certificates_demand"),
    path("certificates/slip/<slug:number>/", certificates.slip, name="certificates_slip"),
    path("certificates/lists/", certificates.shields, name="shields"),
]
