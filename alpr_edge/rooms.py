"""Builds the rooms that the capture process wires together; what is missing is named at once."""

from __future__ import annotations

import dataclasses

from alpr_edge import successor_key
from alpr_edge.answers import Answers
from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import Identity, load_identity
from alpr_edge.buffer.room import OutboxLimits
from alpr_edge.city_keys import load_city_keys
from alpr_edge.config import EdgeConfig
from alpr_edge.daemon import Rooms
from alpr_edge.errors import ModelError
from alpr_edge.health_state import Stages
from alpr_edge.recognize import Reader, Recognizer
from alpr_edge.recognize.manifest import load_manifest
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_edge.seams import Corners, Image, PlateText
from alpr_edge.track import Tracker
from alpr_wire import seal_keys


class TimedReader:
    """The reader, with how long it takes put down."""

    def __init__(self, reader: Reader, stages: Stages) -> None:
        self._reader = reader
        self._stages = stages
        self.label = reader.label

    def rectify(self, image: Image, corners: Corners) -> Image:
        """The straightened crop."""
        return self._reader.rectify(image, corners)

    def read(self, image: Image, corners: Corners) -> PlateText:
        """What it says."""
        with self._stages.timed("read"):
            return self._reader.read(image, corners)


def build(config: EdgeConfig) -> Rooms:
    """Load the models and the identity.

    Raises:
        ModelError: A model is missing or altered.
        EnrollError: The camera has no identity.
    """
    folder = config.recognize.models or SHIPPED
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: no such folder",
            fix="set recognize.models to a folder of models, or remove it for the package's own",
        )
    recognizer = Recognizer.load(
        folder,
        threads=config.recognize.threads,
        delegate=config.recognize.delegate or None,
        use_syntax=config.recognize.use_syntax,
    )
    _, height, width, _ = load_manifest(folder / "plate_detector.toml").input_shape
    identity = load_identity(config.outbox.identity)
    limits = OutboxLimits(
        most_bytes=int(config.outbox.most_gb * 1e9),
        picture_bytes=int(config.outbox.picture_gb * 1e9),
    )
    stages = Stages()
    return Rooms(
        detector=recognizer.detector,
        detector_wh=(width, height),
        tracker=Tracker(TimedReader(recognizer.reader, stages), models=recognizer.labels),
        open_outbox=lambda: Outbox.open(
            config.outbox.folder, with_newest_seal_key(config, identity), limits
        ),
        stages=stages,
        answers=_answers(config, identity.camera),
    )


def with_newest_seal_key(config: EdgeConfig, identity: Identity) -> Identity:
    """The identity as it is now: the city may have sent another seal key since enrolment."""
    folder = config.outbox.identity
    if not (folder / "city-root.pub").exists():
        return identity
    root = load_city_keys(folder).root
    key = successor_key.newest(folder, config.outbox.folder, root)
    if key is None:
        return identity
    return dataclasses.replace(
        identity,
        seal_key=seal_keys.from_raw(key.public),
        seal_key_id=seal_keys.key_id(key.public),
    )


def _answers(config: EdgeConfig, camera: str) -> Answers | None:
    if not (config.outbox.identity / "city-root.pub").exists():
        return None  # nothing is ever deleted there
    keys = load_city_keys(config.outbox.identity)
    grace_s = config.city.grace_days * 86_400
    return Answers(config.outbox.folder, camera, keys, grace_s=grace_s)
