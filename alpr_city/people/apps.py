"""Names the room for Django."""

from django.apps import AppConfig


class People(AppConfig):
    """Who works here: one account, one person, one organisation; sign-in and training."""

    name = "alpr_city.people"
    label = "people"
