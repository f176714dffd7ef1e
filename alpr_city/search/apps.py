"""Names the room for Django."""

from django.apps import AppConfig


class Search(AppConfig):
    """Finds reads: exact, partial, by camera and time; and shows them."""

    name = "alpr_city.search"
    label = "search"
