"""The app of process drafts (流程草案)."""

from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    name = "jiedao.lines.processes"
    label = "processes"
    verbose_name = "Processes"
