"""The app of admission (准入)."""

from django.apps import AppConfig


class AdmissionConfig(AppConfig):
    name = "jiedao.lines.admission"
    label = "admission"
    verbose_name = "Admission"
