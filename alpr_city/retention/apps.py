"""Names the room for Django."""

from django.apps import AppConfig


class Retention(AppConfig):
    """Holds, purge and its certificates."""

    name = "alpr_city.retention"
    label = "retention"
