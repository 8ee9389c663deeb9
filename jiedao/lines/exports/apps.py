"""The app of exports (导出)."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "jiedao.lines.exports"
    label = "exports"
    verbose_name = "Exports"
