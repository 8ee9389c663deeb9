"""The app of the record (案卷)."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "jiedao.record"
    label = "record"
    verbose_name = "Record"
