"""The app of papers (文书)."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "jiedao.lines.papers"
    label = "papers"
    verbose_name = "Papers"
