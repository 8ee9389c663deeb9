"""The live pages under ASGI (实时页面): server-sent events only; everything else is WSGI's."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
os.environ.setdefault("JIEDAO_ROLE", "live")
django.setup()

from jiedao.doors.live.app import application  # noqa: E402 -- after setup

__all__ = ["application"]
