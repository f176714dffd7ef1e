"""Names the room for Django."""

from django.apps import AppConfig


class Hotlists(AppConfig):
    """Lists of wanted plates: import, history, age."""

    name = "alpr_city.hotlists"
    label = "hotlists"
