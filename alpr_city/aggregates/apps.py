"""Names the room for Django."""

from django.apps import AppConfig


class Aggregates(AppConfig):
    """Counts for others than law enforcement: no plate, small cells suppressed."""

    name = "alpr_city.aggregates"
    label = "aggregates"
