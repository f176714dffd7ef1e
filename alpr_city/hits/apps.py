"""Names the room for Django."""

from django.apps import AppConfig


class Hits(AppConfig):
    """Matches of reads against lists, and what people made of them."""

    name = "alpr_city.hits"
    label = "hits"
