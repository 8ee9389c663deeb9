"""The app of duties (职责清单)."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "jiedao.ground.duties"
    label = "duties"
    verbose_name = "Duties"
