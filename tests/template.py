"""Builds the template database (模板库): migrations, grants, the five districts; run as the owner by tests.cluster."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
django.setup()

from django.db import connection  # noqa: E402 -- after setup

from jiedao.doors import demo  # noqa: E402 -- after setup
from jiedao.ground.db.schemas import migrate  # noqa: E402 -- after setup


def build() -> None:
    migrate()
    demo.load_packages(lambda line: None)
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    build()
