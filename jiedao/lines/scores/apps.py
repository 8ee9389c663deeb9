"""Registers scores (评分应用) as a Django application of a district's schema."""

from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = "jiedao.lines.scores"
    label = "scores"
    default_auto_field = "django.db.models.BigAutoField"
