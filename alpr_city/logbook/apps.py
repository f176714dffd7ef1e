"""Names the room for Django."""

from django.apps import AppConfig


class Logbook(AppConfig):
    """The access log for the auditor, plates masked."""

    name = "alpr_city.logbook"
    label = "logbook"
