"""The app of replies (答复)."""

from django.apps import AppConfig


class RepliesConfig(AppConfig):
    name = "jiedao.lines.replies"
    label = "replies"
    verbose_name = "Reply templates and drafts"
