"""Names the room for Django."""

from django.apps import AppConfig


class Evidence(AppConfig):
    """Held reads on portable media as a signed bag, and its custody."""

    name = "alpr_city.evidence"
    label = "evidence"
