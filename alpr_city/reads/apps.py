"""Django's name for this room."""

from django.apps import AppConfig


class ReadsConfig(AppConfig):
    """The app `alpr_city.reads`."""

    name = "alpr_city.reads"
    label = "reads"
