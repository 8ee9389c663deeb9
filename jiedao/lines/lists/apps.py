"""The app of list changes (清单管理)."""

from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "jiedao.lines.lists"
    label = "lists"
    verbose_name = "Lists"
