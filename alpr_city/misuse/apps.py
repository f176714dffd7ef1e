"""Names the room for Django."""

from django.apps import AppConfig


class Misuse(AppConfig):
    """Looks for misuse in the access log, always on, owned by the auditor."""

    name = "alpr_city.misuse"
    label = "misuse"
