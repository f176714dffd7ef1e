"""Names the room for Django."""

from typing import Any

from django.apps import AppConfig


class Cameras(AppConfig):
    """The register of cameras for people: sites, health, ledger, certificates, revocation."""

    name = "alpr_city.cameras"
    label = "cameras"

    def ready(self) -> None:
        """Listen for health reports."""
        from alpr_city.reads.store import camera_heard

        camera_heard.connect(_note, dispatch_uid="cameras")


def _note(**said: Any) -> None:
    from alpr_city.cameras.history import note

    note(said["camera"], online=said["online"], report=said["report"])
