"""The app of notices (通知)."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "jiedao.doors.notify"
    label = "notify"
    verbose_name = "Notices"
