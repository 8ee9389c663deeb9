"""The app of saved views (常用视图)."""

from django.apps import AppConfig


class ViewsConfig(AppConfig):
    name = "jiedao.lines.views"
    label = "views"
    verbose_name = "Saved views"
