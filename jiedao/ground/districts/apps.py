"""The app of districts (区)."""

from django.apps import AppConfig


class DistrictsConfig(AppConfig):
    name = "jiedao.ground.districts"
    label = "districts"
    verbose_name = "Districts"
