"""Names the room for Django."""

from django.apps import AppConfig


class Releases(AppConfig):
    """Requests of other agencies, reviewed, approved, fulfilled, kept on file."""

    name = "alpr_city.releases"
    label = "releases"
