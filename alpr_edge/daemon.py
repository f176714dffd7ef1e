"""The capture daemon: wires the rooms, watches their workers and drains them in data order."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alpr_edge.answers import Answers, Keeps
from alpr_edge.capture.feed import Feed
from alpr_edge.capture.gate import MotionGate
from alpr_edge.capture.shot import Shot
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.source import Source, is_live, open_source
from alpr_edge.capture.zones import Zones
from alpr_edge.chronicle import Chronicle, Records
from alpr_edge.config import EdgeConfig
from alpr_edge.errors import AlprError, OutboxError
from alpr_edge.health_state import Stages
from alpr_edge.keeper import Keeper, Stores
from alpr_edge.loop import Detects, FrameLoop, Tracks
from alpr_edge.pace import Pace
from alpr_edge.report import Report, Tells
from alpr_edge.scrub import Scrub, Scrubs
from alpr_edge.seams import Passage
from alpr_edge.succession import Succession
from alpr_edge.systemd import notify, patience, watchdog_s
from alpr_edge.worker import Worker, where

log = logging.getLogger(__name__)

TICK_S = 0.25
# How long each room may take to drain; the unit's TimeoutStopSec is longer than all together.
CAMERA_S, LOOP_S, STORE_S = 5.0, 10.0, 20.0
# A worker silent for this long hangs: a camera may take ten seconds to open, an SD card many to
# write.
CAMERA_BEAT_S, LOOP_BEAT_S, STORE_BEAT_S = 30.0, 20.0, 45.0
# An SD card takes minutes to read a full outbox.
SCRUB_BEAT_S, SCRUB_IDLE_S = 3600.0, 60.0
# An hour of a busy road.
MOST_WAITING = 1000


class Outbox(Stores, Records, Tells, Keeps, Scrubs, Protocol):
    """A store that was opened and must be closed."""

    def close(self) -> None:
        """Commit what there is and let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What is built once and costs time: the models, and how to open the outbox."""

    detector: Detects
    detector_wh: tuple[int, int] | None
    tracker: Tracks
    open_outbox: Callable[[], Outbox]
    stages: Stages
    """Where the rooms put down how long they take."""
    answers: Answers | None = None
    """Obeys the city; None on a camera that no city has enrolled."""


class Daemon:
    """One run of the capture process, from the first frame to the last commit."""

    def __init__(
        self,
        config: EdgeConfig,
        rooms: Rooms,
        *,
        asked: Callable[[], bool],
        succession: Succession | None = None,
        camera: Callable[[], Source] | None = None,
    ) -> None:
        self._config = config
        self._rooms = rooms
        self._asked = asked
        self._succession = succession
        self._stages = rooms.stages
        self._pace = Pace(config.pace)
        self._passages: queue.Queue[Passage] = queue.Queue(MOST_WAITING)
        self._slot: NewestSlot[Shot] = NewestSlot(live=is_live(config))
        self._wake = threading.Event()
        self._stops = {name: threading.Event() for name in ("camera", "loop", "store", "scrub")}
        self._feed = Feed(
            camera or (lambda: open_source(config)), self._slot, stop=self._stops["camera"]
        )
        zones = Zones(roi=config.scene.roi, masks=config.scene.masks)
        gate = MotionGate(
            full_look_s=config.gate.full_look_s,
            hold_s=config.gate.hold_s,
            min_area=config.gate.min_area,
            watched=zones.watched,
        )
        self._loop = FrameLoop(
            slot=self._slot,
            gate=gate,
            zones=zones,
            pace=self._pace,
            detector=rooms.detector,
            detector_wh=rooms.detector_wh,
            tracker=rooms.tracker,
            passages=self._passages,
            stages=self._stages,
        )

    def run(self) -> bool:
        """Capture until asked to stop, until the recording ends or until a successor takes over.

        Returns:
            Whether a successor is to take over now.

        Raises:
            AlprError: Something cannot be opened, or a worker died; what could be saved is.
        """
        with patience():
            outbox = self._rooms.open_outbox()
        keeper = Keeper(self._passages, outbox, self._stages)
        workers = self._workers(keeper, Scrub(outbox, self._config.outbox.folder / "scrubbed"))
        try:
            self._feed.open()
            report = self._report(keeper, outbox)
        except AlprError:
            outbox.close()
            raise
        for worker in reversed(workers):  # whoever takes is there before whoever gives
            worker.start()
        notify("READY=1\nSTATUS=capturing")
        log.info("capture started", extra={"source": self._config.camera.source})
        handing_over = False
        try:
            handing_over = self._watch(workers, report, outbox)
        finally:
            if not handing_over:
                notify("STOPPING=1\nSTATUS=draining")
            self._drain(workers, keeper, outbox, report)
        for worker in workers:
            if worker.error is not None:
                raise _as_ours(worker)
        return handing_over

    def _report(self, keeper: Keeper, outbox: Outbox) -> Report:
        return Report(
            self._config,
            feed=self._feed,
            slot=self._slot,
            loop=self._loop,
            keeper=keeper,
            pace=self._pace,
            stages=self._stages,
            outbox=outbox,
            chronicle=Chronicle(outbox, self._config),
        )

    def _workers(self, keeper: Keeper, scrub: Scrub) -> list[Worker]:
        """Camera, loop and store, in the order that data takes; and one beside them."""
        camera = Worker(
            "camera",
            self._feed.step,
            stop=self._stops["camera"],
            beat_limit_s=CAMERA_BEAT_S,
            finish=self._feed.close,
            on_end=self._wake.set,
        )
        loop = Worker(
            "loop",
            self._loop.step,
            stop=self._stops["loop"],
            beat_limit_s=LOOP_BEAT_S,
            idle_s=0.0,  # it waits for a frame
            finish=self._loop.finish,
            on_end=self._wake.set,
        )
        store = Worker(
            "store",
            keeper.step,
            stop=self._stops["store"],
            beat_limit_s=STORE_BEAT_S,
            idle_s=0.0,  # it waits for a passage
            finish=keeper.finish,
            on_end=self._wake.set,
        )
        beside = Worker(
            "scrub",
            scrub.step,
            stop=self._stops["scrub"],
            beat_limit_s=SCRUB_BEAT_S,
            idle_s=SCRUB_IDLE_S,
            on_end=self._wake.set,
        )
        return [camera, loop, store, beside]

    def _watch(self, workers: list[Worker], report: Report, outbox: Outbox) -> bool:
        """Until something ends the run; whether that is a successor taking over."""
        petting = watchdog_s() is not None
        while True:
            self._wake.wait(TICK_S)
            for worker in workers:
                if not worker.alive:
                    return False
                if not worker.heartbeat.fresh:
                    log.critical("worker hangs", extra={"worker": worker.name})
                    raise AlprError(f"the {worker.name} worker hangs")
            if self._asked() or self._loop.ended.is_set():
                return False
            if self._rooms.answers is not None:
                self._rooms.answers.step(outbox)
            if petting:
                notify("WATCHDOG=1")
            if status := report.step():
                notify(f"STATUS={status}")
            if self._succession and self._succession.judge(quiet_s=self._loop.quiet_s):
                return True

    def _drain(self, workers: list[Worker], keeper: Keeper, outbox: Outbox, report: Report) -> None:
        """Close the rooms in data order, each draining into the next, none for ever."""
        camera, loop, store, _ = workers
        self._stops["scrub"].set()  # it only reads: nobody waits for it
        self._end(camera, CAMERA_S)
        self._slot.close()
        self._end(loop, LOOP_S)
        if loop.error is not None:
            self._loop.give_up()
        self._end(store, STORE_S)
        failed = isinstance(store.error, OutboxError)
        if not failed:
            report.close()  # with what the outbox holds at the very end
        if not store.alive:
            outbox.close()
        if failed:
            self._rescue(keeper)
            report.close()
        log.info("capture drained", extra={"left": keeper.waiting})

    def _end(self, worker: Worker, within_s: float) -> None:
        self._stops[worker.name].set()
        if not worker.join(within_s):
            log.error("worker did not end", extra={"worker": worker.name})

    def _rescue(self, keeper: Keeper) -> None:
        """A store that failed is never used again; what it did not take goes to a fresh one."""
        try:
            fresh = self._rooms.open_outbox()
            rescued = keeper.rescue(fresh)
            fresh.close()
        except OutboxError as error:
            log.critical(
                "reads lost", extra={"count": keeper.waiting, "reason": type(error).__name__}
            )
            return
        log.warning("reads rescued", extra={"count": rescued})


def _as_ours(worker: Worker) -> AlprError:
    """What killed a worker, as an error with one line for a person."""
    if isinstance(worker.error, AlprError):
        return worker.error
    assert worker.error is not None
    return AlprError(
        f"the {worker.name} worker died of {type(worker.error).__name__} ({where(worker.error)})",
        fix="report this line",
    )
