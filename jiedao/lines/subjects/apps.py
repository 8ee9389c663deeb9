"""The app of subjects (数据主体)."""

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    name = "jiedao.lines.subjects"
    label = "subjects"
    verbose_name = "Subjects"
