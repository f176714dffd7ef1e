"""Names the room for Django."""

from django.apps import AppConfig


class Cameras(AppConfig):
    """The register of cameras for people: sites, health, ledger, certificates, revocation."""

    name = "alpr_city.cameras"
    label = "cameras"
