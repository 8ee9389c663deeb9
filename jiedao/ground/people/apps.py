"""The app of people (人)."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "jiedao.ground.people"
    label = "people"
    verbose_name = "People"
