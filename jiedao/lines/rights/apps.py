"""The app of rights (职权)."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "jiedao.lines.rights"
    label = "rights"
    verbose_name = "Rights"
