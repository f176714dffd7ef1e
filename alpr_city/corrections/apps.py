"""Names the room for Django."""

from django.apps import AppConfig


class Corrections(AppConfig):
    """Revisions of a read's text or state; the old stays, the error counts."""

    name = "alpr_city.corrections"
    label = "corrections"
