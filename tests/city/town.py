"""Ingest as it runs, without MQTT: a database, a vault, pictures, and cameras that send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alpr_city.config import CityConfig
from alpr_wire.batches import Batch, PictureMessage
from alpr_wire.receipts import Receipt, Request, open_answer
from alpr_wire.topics import Channel
from tests.city.fleet import FleetCamera
from tests.city.vaults import CityVault


class DirectVault:
    """The vault without its socket, with a switch."""

    def __init__(self, city_vault: CityVault) -> None:
        self._vault = city_vault.vault
        self.broken: str | None = None
        """The operation before which the vault goes away."""

    def call(self, operation: str, *arguments: Any) -> Any:
        from alpr_city.errors import VaultError

        if operation == self.broken:
            raise VaultError("the vault does not answer")
        if operation == "close_stream":
            return self._vault.streams.close_stream(*arguments)
        if operation == "arrive_matched":
            return self._vault.watching.arrive(*arguments)
        return getattr(self._vault, operation)(*arguments)


class Town:
    """One ingest worker's surroundings."""

    def __init__(self, config: CityConfig, city_vault: CityVault) -> None:
        from alpr_city.ingest.intaker import Intaker
        from alpr_city.reads.pictures import PictureStore
        from alpr_city.reads.store import Store

        self.config, self.city_vault = config, city_vault
        self.vault = DirectVault(city_vault)
        self.pictures = PictureStore(config.files.pictures)
        self._new = lambda: Intaker(Store(), self.pictures, self.vault)
        self.intaker = self._new()

    def worker(self) -> Any:
        """A further worker, or the same one after a crash: it remembers nothing."""
        return self._new()

    def crash(self) -> None:
        self.intaker = self._new()

    def camera(self, name: str = "cam-one", *, seed: int = 1, **how: Any) -> FleetCamera:
        """A camera that was admitted."""
        from alpr_city.reads.models import Camera

        camera = self.city_vault.camera(name, seed=seed, **how)
        Camera.objects.get_or_create(
            name=name,
            defaults={"signing_key": camera.public, "admitted_at": datetime.now(UTC)},
        )
        self.intaker.learn_cameras()
        return camera

    def send(self, *batches: Batch, by: str | None = None) -> list[Receipt | Request]:
        """Batches as one round; the city's answers, checked."""
        return self.deliver(*((Channel.UP, by or b.camera, b.encode()) for b in batches))

    def send_pictures(self, camera: FleetCamera, seq: int) -> list[Receipt | Request]:
        return self.deliver(
            *(
                (
                    Channel.PICTURE,
                    camera.name,
                    PictureMessage(
                        camera=camera.name, stream=camera.stream, seq=seq, picture=picture
                    ).encode(),
                )
                for picture in camera.pictures[seq]
            )
        )

    def deliver(self, *messages: tuple[Channel, str, bytes]) -> list[Receipt | Request]:
        answers = self.intaker.take(messages)
        key = self.city_vault.vault._receipt_key.public_key()
        return [open_answer(data, camera=camera, key=key) for camera, data in answers]

    def stored(self) -> list[tuple[int, bytes]]:
        """(seq, encoding) of every record, in order."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT seq, encoding FROM record ORDER BY stream_id, seq")
            return [(int(seq), bytes(data)) for seq, data in cursor.fetchall()]

    def alarms(self) -> dict[str, int]:
        from alpr_city.reads.models import Alarm

        return {a.kind: a.count for a in Alarm.objects.all()}

    def set_aside(self) -> list[str]:
        from alpr_city.reads.models import Quarantined

        return list(Quarantined.objects.order_by("pk").values_list("why", flat=True))

    def close(self) -> None:
        self.pictures.close()
