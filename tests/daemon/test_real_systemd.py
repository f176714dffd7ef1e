"""The published systemd-python against sockets where systemd and journald have theirs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKS = """
import json, logging, os, socket, sys

def listen(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.settimeout(5)
    return listener

os.makedirs("/run/systemd/journal")
notified, journald = listen("/run/notify"), listen("/run/systemd/journal/socket")
os.environ |= {"NOTIFY_SOCKET": "/run/notify", "JOURNAL_STREAM": "8:1"}
sys.path.insert(0, sys.argv[1])
from alpr_edge import systemd

assert systemd.daemon.__name__ == "systemd.daemon"
told = []
for state in ("READY=1\\nSTATUS=capturing", "WATCHDOG=1", "STOPPING=1\\nSTATUS=draining"):
    assert systemd.notify(state)
    told.append(notified.recv(1000).decode())
systemd.log_to_journal("info")
logging.getLogger("alpr_edge.keeper").warning("read stored", extra={"sequence": 7, "mode": "hot"})
print(json.dumps([told, journald.recv(65536).decode().splitlines()]))
"""


def test_systemd_python_carries_notices_and_fields() -> None:
    # Debian's python3-systemd is for the system's Python; /run is this process's own.
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = 'mount -t tmpfs none /run && exec /usr/bin/python3 -c "$1" "$2"'
    done = subprocess.run(
        ["unshare", *as_root, "--mount", "sh", "-ec", script, "sh", SPEAKS, str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    told, fields = json.loads(done.stdout)
    assert told == ["READY=1\nSTATUS=capturing", "WATCHDOG=1", "STOPPING=1\nSTATUS=draining"]
    assert {
        "MESSAGE=read stored",
        "PRIORITY=4",
        "LOGGER=alpr_edge.keeper",
        "SEQUENCE=7",
        "MODE=hot",
    } <= set(fields)
