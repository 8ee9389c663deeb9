"""The app of terms (词表)."""

from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "jiedao.ground.terms"
    label = "terms"
    verbose_name = "Terms"
