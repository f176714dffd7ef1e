"""Names the room for Django."""

from django.apps import AppConfig


class Public(AppConfig):
    """What anyone may see: the policy in force and figures computed from the log."""

    name = "alpr_city.public"
    label = "public"
