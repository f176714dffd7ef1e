"""How many reads a second a city takes in, durably and receipted: `python -m bench.city`.

A real mosquitto with TLS 1.3, the real vault and ingest workers, each its own process, and
simulated cameras, each with its own certificate, that send batches sealed beforehand and keep the
window of a camera. A read counts when a receipt that the vault signed has come back for it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import ssl
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alpr_city.bootstrap import bootstrap
from alpr_city.ca import Authority
from alpr_city.config import CityConfig, load, template
from alpr_city.demo.processes import Processes, free_ports
from alpr_city.vault.client import VaultClient
from alpr_wire.batches import FULL_BYTES
from alpr_wire.seal_keys import key_id
from alpr_wire.statements import decode_statement
from alpr_wire.topics import Channel, topic
from tests.city.fleet import FleetCamera
from tests.city.party import key_and_request
from tests.city.postgres import Cluster

WINDOW = 8
WAIT_S = 600.0


@dataclass
class Sender:
    """One camera's session: a window of batches, moved on by receipts."""

    camera: FleetCamera
    payloads: list[tuple[int, bytes]]
    """(last seq, batch)"""
    client: paho.Client
    pause_s: float = 0.0
    receipted: int = -1
    sent: int = 0
    sent_s: dict[int, float] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def pump(self) -> None:
        """Send as far as the window reaches."""
        while self.sent < len(self.payloads):
            under_way = sum(1 for seq, _ in self.payloads[: self.sent] if seq > self.receipted)
            if under_way >= WINDOW:
                return
            seq, payload = self.payloads[self.sent]
            self.sent += 1
            self.sent_s[seq] = time.perf_counter()
            self.client.publish(topic(Channel.UP, self.camera.name), payload, 1)

    def heard(self, _client: Any, _userdata: Any, message: Any) -> None:
        """A receipt."""
        statement = decode_statement(bytes(message.payload), "receipt", "request")
        if statement.kind != "receipt":
            return
        self.receipted = max(self.receipted, statement.body[3])
        now_s = time.perf_counter()
        for seq in [s for s in self.sent_s if s <= self.receipted]:
            self.waits_s.append(now_s - self.sent_s.pop(seq))
        if self.receipted >= self.payloads[-1][0]:
            self.done.set()
        elif not self.pause_s:
            self.pump()

    def drip(self) -> None:
        """One batch every `pause_s`, from a thread of its own."""
        time.sleep(random.random() * self.pause_s)
        for seq, payload in self.payloads:
            self.sent_s[seq] = time.perf_counter()
            self.client.publish(topic(Channel.UP, self.camera.name), payload, 1)
            time.sleep(self.pause_s)


def measure(
    *, cameras: int, reads: int, workers: int, postgres: bool = False, drip_s: float = 0.0
) -> dict[str, Any]:
    """Reads a second, CPU time a read by process, and how long receipts took."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="alpr-bench-", dir=os.environ.get("BENCH_DIR")))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        url = ""
        if postgres:
            cluster = Cluster(folder / "postgres", fsync=True)
            cluster.start()
            stack.callback(cluster.stop)
            cluster.sql("CREATE DATABASE city")
            url = cluster.url("city")
        camera_port, city_port, _ = free_ports(3)
        text = template("Bench", Path("city"), camera_port, city_port)
        text = text.replace("workers = 1", f"workers = {workers}").replace(
            'url = ""', f'url = "{url}"'
        )
        (folder / "city.toml").write_text(text)
        config = load(folder / "city.toml")
        bootstrap(config)
        running = Processes(folder, lambda: False)
        stack.callback(running.stop)
        for name in ("broker", "vault"):
            running.start(name, "alpr-city", name)
        running.wait_for("the vault", config.files.socket.exists)
        fleet = _fleet(config, cameras, reads, folder)
        for number in range(workers):
            running.start(
                f"ingest-{number + 1}", "alpr-city", "ingest", "--worker", str(number + 1)
            )
        senders = [_sender(config, *row) for row in fleet]
        for sender in senders:
            sender.pause_s = drip_s
        _wait_for_ingest(folder, workers)
        before = _cpu(running)
        began, own = time.perf_counter(), time.process_time()
        for sender in senders:
            if drip_s:
                threading.Thread(target=sender.drip, daemon=True).start()
            else:
                sender.pump()
        for sender in senders:
            if not sender.done.wait(WAIT_S):
                raise SystemExit(
                    f"no receipts: {[f.read_text()[-300:] for f in folder.glob('*.log')]}"
                )
        took = time.perf_counter() - began
        spent = {name: after - before[name] for name, after in _cpu(running).items()}
        spent["cameras"] = time.process_time() - own
        for sender in senders:
            sender.client.disconnect()
            sender.client.loop_stop()
        count = cameras * reads
        waits = sorted(w for s in senders for w in s.waits_s)
        return {
            "database": "PostgreSQL" if postgres else "SQLite",
            "cameras": cameras,
            "workers": workers,
            "reads": count,
            "reads_a_second": count / took,
            "receipt_p50_ms": waits[len(waits) // 2] * 1000,
            "receipt_p99_ms": waits[int(len(waits) * 0.99)] * 1000,
            "cpu_us_a_read": {name: s / count * 1e6 for name, s in sorted(spent.items())},
        }


def _fleet(
    config: CityConfig, cameras: int, reads: int, folder: Path
) -> list[tuple[FleetCamera, list[tuple[int, bytes]], Path]]:
    """Cameras that are admitted, with everything sealed."""
    from alpr_city.reads.models import Camera

    vault = VaultClient(config.files.socket)
    seal = decode_statement(vault.call("public_keys")["seal"], "key").body[2]
    authority = Authority(config.files.ca)
    (folder / "trust.pem").write_bytes(authority.trust("servers"))
    chance = random.Random(1)
    fleet = []
    for number in range(cameras):
        name = f"cam-{number:04}"
        camera = FleetCamera(name, seal, seed=number % 250 + 1)
        for _ in range(reads):
            text = "".join(chance.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=7))
            camera.read(text, lattice=_lattice(text, chance))
        key, request = key_and_request(name)
        papers = folder / f"{name}.pem"
        papers.write_bytes(authority.issue_device(request, name).certificate + key)
        vault.call("admit", name, key_id(seal).hex())
        Camera.objects.create(
            name=name, signing_key=camera.public, admitted_at=datetime.now(UTC), serial="0"
        )
        fleet.append((camera, _batches(camera), papers))
    vault.close()
    return fleet


def _lattice(text: str, chance: random.Random) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Mostly sure; one position in six has a second reading."""
    return tuple(
        ((c, 0.9), ("8" if c != "8" else "B", 0.08)) if chance.random() < 1 / 6 else ((c, 0.995),)
        for c in text
    )


def _batches(camera: FleetCamera) -> list[tuple[int, bytes]]:
    """As sync closes them: 250 records or 64 KB."""
    made, first = [], 0
    while first <= camera.last:
        size, last = 0, first - 1
        while last < camera.last and last - first < 249:
            size += len(camera.encodings[last + 1]) + 5
            if last >= first and size > FULL_BYTES:
                break
            last += 1
        made.append((last, camera.batch(first, last).encode()))
        first = last + 1
    return made


def _sender(
    config: CityConfig, camera: FleetCamera, payloads: list[tuple[int, bytes]], papers: Path
) -> Sender:
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=camera.name, protocol=MQTTProtocolVersion.MQTTv5
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(papers.with_name("trust.pem"))
    context.load_cert_chain(papers)
    client.tls_set_context(context)
    ready = threading.Event()
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda c, *_: c.subscribe(topic(Channel.ACK, camera.name), 1)
    sender = Sender(camera, payloads, client)
    client.on_message = sender.heard
    client.connect("localhost", config.broker.camera_port)
    client.loop_start()
    if not ready.wait(WAIT_S):
        raise SystemExit("a camera cannot connect")
    return sender


def _wait_for_ingest(folder: Path, workers: int) -> None:
    logs = [folder / f"ingest-{n + 1}.log" for n in range(workers)]
    until = time.monotonic() + 60
    while not all("connected to the broker" in log.read_text() for log in logs):
        if time.monotonic() > until:
            raise SystemExit("ingest does not connect")
        time.sleep(0.05)
    time.sleep(2.5)  # until it has looked at the register and subscribed


def _cpu(running: Processes) -> dict[str, float]:
    """CPU seconds of each process, its children included."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for name, process in running._running.items():
        seconds = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == process.pid:  # its session
                seconds += (int(fields[11]) + int(fields[12])) / ticks
        found[name] = seconds
    return found


def print_table(rows: list[dict[str, Any]]) -> None:
    """For people."""
    print("\nfrom cameras to receipts, through TLS")
    for row in rows:
        cpu = ", ".join(f"{name} {us:.0f}" for name, us in row["cpu_us_a_read"].items())
        print(
            f"  {row['database']:<11}{row['cameras']} cameras, {row['workers']} workers:"
            f" {row['reads_a_second']:,.0f} reads/s, receipts p50 {row['receipt_p50_ms']:.0f} ms,"
            f" p99 {row['receipt_p99_ms']:.0f} ms\n              CPU, us a read: {cpu}"
        )


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.city", description=__doc__)
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--reads", type=int, default=1000, help="of each camera")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--drip", type=float, default=0.0, help="seconds between two batches")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    row = measure(
        cameras=args.cameras,
        reads=args.reads,
        workers=args.workers,
        postgres=args.postgres,
        drip_s=args.drip,
    )
    if args.json:
        print(json.dumps(row, indent=1))
    else:
        print_table([row])
    return 0


if __name__ == "__main__":
    sys.exit(main())
