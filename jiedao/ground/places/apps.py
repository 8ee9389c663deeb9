"""The app of places (地)."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "jiedao.ground.places"
    label = "places"
    verbose_name = "Places"
