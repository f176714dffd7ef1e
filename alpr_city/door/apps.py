"""Names the room for Django."""

from django.apps import AppConfig


class Door(AppConfig):
    """The reason before the look, and the way from a page to the vault."""

    name = "alpr_city.door"
    label = "door"
