"""The app of the journal (留痕)."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "jiedao.ground.journal"
    label = "journal"
    verbose_name = "Journal"
