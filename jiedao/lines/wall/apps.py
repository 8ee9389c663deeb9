"""The app of wall screens (大屏)."""

from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "jiedao.lines.wall"
    label = "wall"
    verbose_name = "Wall screens"
