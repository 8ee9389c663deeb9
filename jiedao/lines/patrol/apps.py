"""The app of patrol (巡查)."""

from django.apps import AppConfig


class PatrolConfig(AppConfig):
    name = "jiedao.lines.patrol"
    label = "patrol"
    verbose_name = "Patrol"
