"""What the demonstration does, in order, and how it checks that all agree."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_city.asked import AskedToStop
from alpr_city.config import CityConfig, load, template
from alpr_city.demo.processes import Processes, call_module, free_ports, listens
from alpr_city.errors import SetupError

CAMERA = "demo-camera"
RECEIPTS_S = 120.0
EXIT_OK, EXIT_FAILED = 0, 1
ACCESS = {
    "action": "search",
    "user": "demo.person",
    "organisation": "City of Demo",
    "purpose": "demonstration",
    "case": "DEMO-1",
    "reason": "shows that a search leaves a record",
    "policy": "demo",
}


class Demo:
    """One run."""

    def __init__(self, clip: Path | None, keep: Path | None, *, once: bool) -> None:
        self._clip, self._keep, self._once = clip, keep, once
        self._asked = AskedToStop()

    def run(self) -> int:
        """Until the clip has ended and agrees, or until asked to stop.

        Raises:
            CityError: A part did not start; its log says why.
        """
        with ExitStack() as stack:
            if self._keep is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alpr-demo-")))
            else:
                folder = self._keep
                folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder
            self._processes = Processes(folder, self._asked)
            stack.callback(self._end)
            config = self._city()
            self._start_city(config)
            self._enrol()
            if self._once:
                return self._play_once(config)
            self._processes.start("capture", "alpr-edge", "capture")
            self._processes.start("sync", "alpr-edge", "sync")
            self._say("the camera runs; Ctrl-C ends everything")
            self._watch()
        return EXIT_OK

    def _city(self) -> CityConfig:
        self._say("making a city: authorities, root, vault, broker settings, database")
        camera_port, city_port, web_port = free_ports(3)
        file = self._folder / "city.toml"
        text = template("Demo", Path("city"), camera_port, city_port)
        file.write_text(text.replace("port = 8443", f"port = {web_port}"))
        self._processes.call("alpr-city", "init")
        return load(file)

    def _start_city(self, config: CityConfig) -> None:
        self._processes.start("broker", "alpr-city", "broker")
        self._processes.start("vault", "alpr-city", "vault")
        self._processes.wait_for("the vault", config.files.socket.exists)
        self._processes.start("ingest", "alpr-city", "ingest")
        self._say(f"broker, vault and ingest run; logs are in {self._folder}")
        links = self._processes.call("alpr-city", "people", "demo").splitlines()
        self._processes.start("web", "alpr-city", "web")
        self._say(f"the console is at https://localhost:{config.web.port}/; links that work once:")
        for line in links:
            self._say(f"  {line}")

    def _enrol(self) -> None:
        clip = self._clip
        if clip is None:
            clip = self._folder / "clip.mp4"
            if not clip.exists():
                self._say("drawing a clip of a road")
                said = call_module("models.training.clip", "--out", str(clip))
                if said is not None:
                    raise SetupError(
                        f"the clip could not be drawn: {said}",
                        fix="run this from the project's folder, or give --clip",
                    )
        if not clip.exists():
            raise SetupError(f"{clip}: is not there")
        settings = self._folder / "edge.toml"
        for name in ("outbox", "run"):
            (self._folder / name).mkdir(exist_ok=True)
        city = load(self._folder / "city.toml")
        settings.write_text(
            _edge_settings(self._folder, clip, city.broker.camera_port, repeat=not self._once)
        )
        (port,) = free_ports(1)
        address = ("--address", "127.0.0.1", "--port", str(port))
        self._processes.start("enrol", "alpr-city", "enrol", *address)
        self._processes.wait_for("the enrolment endpoint", lambda: listens(port))
        issue = ("camera", "code", CAMERA, "--site", "Demo Road", "--by", "administrator")
        code = self._processes.call("alpr-city", *issue).strip()
        # The example policy wants a second person for each new camera.
        self._processes.call("alpr-city", "camera", "approve", CAMERA, "--by", "designee")
        self._processes.call(
            "alpr-edge",
            "enroll",
            f"https://localhost:{port}",
            *("--camera", CAMERA, "--code", code),
        )
        self._say(f"{CAMERA} is enrolled, by a one-time code that two people gave it")

    def _play_once(self, config: CityConfig) -> int:
        self._processes.start("sync", "alpr-edge", "sync")
        self._processes.start("capture", "alpr-edge", "capture")
        self._say("the camera watches the clip")
        while not self._asked() and not self._processes.ended("capture"):
            self._processes.check("broker", "vault", "ingest", "sync")
            time.sleep(0.2)
        if self._asked():
            return EXIT_FAILED
        captured = json.loads(
            self._processes.call("alpr-edge", "outbox", str(self._folder / "outbox"), "--json")
        )
        self._say("the clip is over; waiting for the city's receipts")
        self._processes.wait_for(
            "the receipts", lambda: self._receipted() >= captured["last_seq"], RECEIPTS_S
        )
        self._processes.wait_for("the ledger", lambda: self._ledger()["pending"] == 0, RECEIPTS_S)
        summary = self._summary(config, captured)
        print(json.dumps(summary, indent=2))
        return EXIT_OK if summary["agree"] else EXIT_FAILED

    def _summary(self, config: CityConfig, captured: dict[str, Any]) -> dict[str, Any]:
        """What camera, city and vault say, and whether they say the same."""
        self._say("checking the camera's chain in the city, and searching once, on record")
        (verdict,) = self._processes.lines("alpr-city", "verify-camera", CAMERA, "--json")
        ledger = self._ledger()
        found = self._search(config)
        (log,) = self._processes.lines("alpr-city", "verify-log", "--json")
        stored = sum(ledger["reads_by_day"].values())
        reads = captured["records"].get("read", 0)
        summary = {
            "reads_captured": reads,
            "records_captured": captured["last_seq"] + 1,
            "reads_stored": stored,
            "records_stored": ledger["stored"],
            "records_verified": verdict["records"],
            "gap": ledger["gap"],
            "faults": verdict["faults"] + log["faults"],
            "searched": found["hits"],
            "access_records": log["records"],
        }
        summary["agree"] = (
            reads == stored
            and summary["records_captured"] == ledger["stored"] == verdict["records"]
            and ledger["balanced"]
            and not summary["faults"]
            and reads > 0
            and found["hits"] >= 1
            and log["records"] > found["record"]
        )
        return summary

    def _search(self, config: CityConfig) -> dict[str, int]:
        """Look for one plate of the clip's truth through the one door; what is counted is shown."""
        from alpr_city.django_setup import connect

        connect(config)
        from alpr_city.reads.pictures import PictureStore
        from alpr_city.search.exact import Search
        from alpr_city.vault.client import VaultClient

        truth = (self._clip or self._folder / "clip.mp4").with_suffix(".truth.jsonl")
        texts = [json.loads(line)["text"] for line in truth.read_text().splitlines()]
        pictures = PictureStore(config.files.pictures)
        vault = VaultClient(config.files.socket)
        today = datetime.now(UTC).date()
        record, hits = 0, 0
        for text in texts:
            access = ACCESS | {"query": {"plate": text}}
            record, found = Search(vault, pictures).exact(access, text, today, today)
            hits += len(found)
        vault.close()
        pictures.close()
        return {"record": record, "hits": hits}

    def _watch(self) -> None:
        before = -1
        while not self._asked():
            self._processes.check()
            ledger = self._ledger()
            reads = sum(ledger["reads_by_day"].values())
            if reads != before:
                before = reads
                self._say(
                    f"{reads} reads stored and receipted, {ledger['pending']} records under way"
                )
            for _ in range(15):
                if self._asked():
                    break
                time.sleep(0.2)

    def _end(self) -> None:
        self._processes.stop()
        self._say("everything has ended")

    def _ledger(self) -> dict[str, Any]:
        rows = self._processes.lines("alpr-city", "reconcile", CAMERA, "--json")
        return dict(rows[0])

    def _receipted(self) -> int:
        try:
            state = json.loads((self._folder / "run" / "sync.json").read_text())
            return int(state["city_holds_seq"])
        except (OSError, ValueError, KeyError, TypeError):
            return -1

    def _say(self, line: str) -> None:
        print(f"demo: {line}", file=sys.stderr, flush=True)


def _edge_settings(folder: Path, clip: Path, port: int, *, repeat: bool) -> str:
    return f"""[camera]
source = "playback"
name = "demo"

[playback]
path = "{clip.resolve()}"
speed = "recorded"
repeat = {"true" if repeat else "false"}

[outbox]
folder = "{folder / "outbox"}"
identity = "{folder / "identity"}"
most_gb = 0.5
picture_gb = 0.2

[city]
host = "localhost"
port = {port}

[health]
folder = "{folder / "run"}"
"""
