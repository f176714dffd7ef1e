"""Checks of what must not change unseen: models, settings, and sockets that listen."""

from __future__ import annotations

import dataclasses
import os
import pwd
import tomllib
from pathlib import Path

from alpr_edge.config import build
from alpr_edge.errors import ConfigError, ModelError
from alpr_edge.health.evidence import Evidence, State, read_state
from alpr_edge.health.verdict import Level, Measure, Verdict
from alpr_edge.obeying import SETTINGS
from alpr_edge.recognize.manifest import manifests_of
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_wire.errors import WireError
from alpr_wire.statements import decode_statement

USERS = ("alpr-capture", "alpr-sync", "alpr-grab")
TCP_LISTENS, UDP_UNCONNECTED = "0A", "07"


def models(e: Evidence) -> Verdict:
    """Whether every model is the one its manifest names."""
    folder = e.config.recognize.models or SHIPPED
    try:
        labels = [manifest.label for manifest in manifests_of(folder)]
    except ModelError as error:
        return Verdict(
            name="models",
            level=Level.CRITICAL,
            what=error.message,
            fix=error.fix or "reinstall the package",
        )
    return Verdict(name="models", level=Level.OK, what=", ".join(labels))


def config(e: Evidence) -> Verdict:
    """Whether the settings are sound."""
    if e.config_faults:
        more = len(e.config_faults) - 1
        first, _, fix = e.config_faults[0].partition(". Fix: ")
        return Verdict(
            name="config",
            level=Level.CRITICAL,
            what=first + (f" (and {more} more)" if more else ""),
            fix=(fix or "mend the settings file") + "; alpr-edge check-config",
        )
    last = read_state(e.config.outbox.identity / "desired.json")
    if last is not None and (
        last.says("refused", "outcome") or last.says("rolled-back", "outcome")
    ):
        became = "were refused" if last.says("refused", "outcome") else "were taken back"
        return Verdict(
            name="config",
            level=Level.WARNING,
            what=f"sound, but not the city's: its last settings {became}",
            fix="alpr-city camera settings NAME, at the city, says why; send better ones",
        )
    if last is not None and _edited(e, last):
        return Verdict(
            name="config",
            level=Level.WARNING,
            what="sound, but changed here since the city's were put into force",
            fix="ask the city to want what is here, or to send its own again; then sudo alpr-edge"
            " settle",
        )
    return Verdict(name="config", level=Level.OK, what="sound")


def _edited(e: Evidence, last: State) -> bool:
    """Whether the settings in force are no longer those that the city signed and that applied."""
    try:
        body = decode_statement((e.config.outbox.folder / SETTINGS).read_bytes(), "desired").body
        wanted = build(tomllib.loads(str(body.get(3))))
    except (OSError, ValueError, WireError, ConfigError):
        return False  # none came, or settle has told what is wrong with them
    if 4 in body:  # models of the city's lie where settle puts them
        ours = dataclasses.replace(wanted.recognize, models=e.config.recognize.models)
        wanted = dataclasses.replace(wanted, recognize=ours)
    return body.get(2) == last.number("number") and wanted != e.config


def sockets(e: Evidence) -> Verdict:
    """That no process of ours listens on any network."""
    ours = _inodes(e)
    users = _users()
    found = []
    for name, state in (
        ("tcp", TCP_LISTENS),
        ("tcp6", TCP_LISTENS),
        ("udp", UDP_UNCONNECTED),
        ("udp6", UDP_UNCONNECTED),
    ):
        for line in _lines(e.proc / "net" / name)[1:]:
            word = line.split()
            if len(word) < 10 or word[3] != state:
                continue
            if word[9] in ours or (word[7].isdigit() and int(word[7]) in users):
                found.append(f"{name} {int(word[1].rpartition(':')[2], 16)}")
    measures = (Measure(name="listening", value=len(found), critical=0),)
    if not found:
        return Verdict(name="sockets", level=Level.OK, what="none listens", measures=measures)
    return Verdict(
        name="sockets",
        level=Level.CRITICAL,
        what=f"a process of this camera listens: {', '.join(sorted(set(found)))}",
        fix="stop alpr-edge aim; if it does not run, take the camera off the network and tell the"
        " city: nothing of ours listens",
        measures=measures,
    )


def _inodes(e: Evidence) -> set[str]:
    """Sockets of the processes that wrote the state files."""
    found = set()
    for state in (e.capture, e.sync):
        pid = None if state is None else state.number("pid")
        if pid is None:
            continue
        try:
            for fd in (e.proc / str(int(pid)) / "fd").iterdir():
                target = os.readlink(fd)
                if target.startswith("socket:["):
                    found.add(target[8:-1])
        except OSError:
            continue  # gone, or another user's: then its user id tells
    return found


def _users() -> set[int]:
    found = set()
    for name in USERS:
        try:
            found.add(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
