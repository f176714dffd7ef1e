#!/usr/bin/env python3
"""Verifies the figures of a city's public page, on a machine that has none of its software.

    python3 verify_figures.py figures.json --root FINGERPRINT [--before FILE] [--log access.db]

Needs Python 3.9 and the package `cryptography`. Compare the root's fingerprint with the city by
telephone. What is checked: the city signed these very figures; those of the access log follow from
the log's counts under its signed head; those of the tables fit them. With `--before`, earlier
figures: what only grows has not shrunk. With `--log`, its copy: it leads to head and counts.
Exit 0: all holds; 1: it does not; 2: it was not asked properly.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Rows = list[list[Any]]  # [kind, what, who, number] each
GENESIS = hashlib.sha256(b"alpr/1/access-log").digest()
SIGNED = ("taken_at", "log_entries", "log_head", "signed_log_head", "log_counts", "proof")
LOGGED = {  # figures that are a count of the log: (kind, what)
    "accesses": ("access", ""),
    "releases_asked": ("note", "release.asked"),
    "releases_made": ("note", "release.fulfilled"),
    "counts_asked": ("note", "aggregate.asked"),
    "counts_answered": ("note", "aggregate.answered"),
    "misuse_confirmed": ("note", "misuse.confirmed"),
    "misuse_explained": ("note", "misuse.explained"),
}
AT_MOST = {  # figures of the tables that cannot be more than the log has
    "holds_placed": ("access", "hold"),
    "releases_refused": ("note", "release.refused"),
    "days_purged": ("access", "purge"),
    "audits": ("note", "audit.approved"),
    "audited_records": ("access", ""),
}
GROWING = (
    *("log_entries", "searches", "refusals", "releases_refused", "days_purged", "audits"),
    *("reads_received_at_least", "reads_destroyed", "audited_records", "holds_placed", "hits"),
    *LOGGED,
)


class DiffersError(Exception):
    """Something is not as it must be."""


def of_log(rows: Rows) -> dict[str, Any]:
    """Figures that follow from counts of the log."""
    by_purpose: Counter[str] = Counter()
    by_organisation: Counter[str] = Counter()
    for _, purpose, who, n in (row for row in rows if row[0] == "search"):
        by_purpose[purpose] += n
        by_organisation[who] += n
    counts = {(kind, what): n for kind, what, who, n in rows if not who}
    refusals = {w: n for (k, w), n in counts.items() if k == "note" and is_refusal(w)}
    return {
        **{name: counts.get(key, 0) for name, key in LOGGED.items()},
        "searches": sum(by_purpose.values()),
        "searches_by_purpose": dict(sorted(by_purpose.items())),
        "searches_by_organisation": dict(sorted(by_organisation.items())),
        "refusals": sum(refusals.values()),
        "refusals_by_kind": dict(sorted(refusals.items())),
    }


def is_refusal(note: str) -> bool:
    """Whether a note of the log is of something that was refused."""
    return note.endswith("refused") or note == "door.outside"


def counted(bodies: Iterable[dict[int, Any]]) -> Iterator[tuple[str, str, str]]:
    """What each entry of the log counts as; what no figure needs is not counted, nor published."""
    wanted = {*LOGGED.values(), *AT_MOST.values()}
    for body in bodies:
        action = str(body.get(2))
        if not isinstance(body.get(3), str):
            if is_refusal(action) or ("note", action) in wanted:
                yield "note", action, ""
            continue
        yield "access", "", ""
        if ("access", action) in wanted:
            yield "access", action, ""
        if action.split(".")[0] == "search":
            yield "search", str(body.get(5)), str(body.get(4))


def digest_of_told(figures: dict[str, Any]) -> bytes:
    """SHA-256 of the figures that come from the tables, as the city signs them."""
    apart = {*SIGNED, *of_log([])} - {"taken_at"}
    told = {name: value for name, value in figures.items() if name not in apart}
    return sha(json.dumps(told, sort_keys=True, separators=(",", ":")).encode())


class Figures:
    """Published figures, held against themselves and what signs them."""

    def __init__(self, figures: dict[str, Any], root: str = "") -> None:
        self.figures, self.root = figures, "".join(root.split()).lower()
        self.faults: list[str] = []

    def check(self, before: dict[str, Any] | None = None, log: Path | None = None) -> list[str]:
        """What differs, each as a line."""
        steps: list[Any] = [self._signatures, self._sums, self._tables]
        steps += [lambda: self._since(before)] if before is not None else []
        steps += [lambda: self._follow(log, before)] if log is not None else []
        for step in steps:
            try:
                step()
            except DiffersError as error:
                self.faults.append(f"the figures {error}")
            except sqlite3.Error as error:
                self.faults.append(f"the log cannot be read: {error}")
            except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
                self.faults.append(f"something is missing or malformed: {error!r}"[:200])
        return self.faults

    def _signatures(self) -> None:
        figures, proof = self.figures, self.figures["proof"]
        root = bytes.fromhex(proof["root"])
        fingerprint = sha(root).hex()[:32]
        if self.root and self.root != fingerprint:
            raise DiffersError(f"are of another city: its root's fingerprint is {fingerprint}")
        key = statement(bytes.fromhex(proof["key"]), "key", root)
        body = statement(bytes.fromhex(proof["statement"]), "figures", key[2])
        if key[1] != "evidence" or not key[3] <= body[3] <= key[4]:
            raise DiffersError("are signed by a key that was not for this, or not then")
        taken_us = datetime.fromisoformat(figures["taken_at"]).timestamp() * 1e6
        if not 0 <= body[3] - taken_us <= 600 * 1e6:
            raise DiffersError("were signed at another time than they say")
        if [body[1] + 1, body[2].hex()] != [figures["log_entries"], figures["log_head"]]:
            raise DiffersError("are of another state of the log than was signed")
        if body[5] != sha(encode(figures["log_counts"])):
            raise DiffersError("come with other counts of the log than the city signed")
        if body[6] != digest_of_told(figures):
            raise DiffersError("that come from the tables are not those that the city signed")
        head = statement(bytes.fromhex(figures["signed_log_head"]), "log-head", body[4])
        if [head[1], head[2]] != [body[1], body[2]]:
            raise DiffersError("come with a signed head of another state of the log")

    def _sums(self) -> None:
        self.faults += [
            f"{name}: published {self.figures.get(name)}, the log's counts give {value}"
            for name, value in of_log(self.figures["log_counts"]).items()
            if self.figures.get(name) != value
        ]

    def _tables(self) -> None:
        """What the tables say must fit what the log says happened."""
        said = self.figures
        counts = {(kind, what): n for kind, what, who, n in said["log_counts"] if not who}
        most = {name: (said[name], counts.get(key, 0)) for name, key in AT_MOST.items()}
        most["releases_by_agency"] = sum(said["releases_by_agency"].values()), said["releases_made"]
        judged = sum(said.get(f"hits_{n}", 0) for n in ("confirmed", "false", "dismissed"))
        most["hits with a disposition"] = judged, said.get("hits", 0)
        over = {name: pair for name, pair in most.items() if pair[0] > pair[1]}
        self.faults += [f"{n}: published {p}, there can be {m}" for n, (p, m) in over.items()]

    def _since(self, before: dict[str, Any]) -> None:
        """Hold them against figures that were published before."""
        if before["taken_at"] > self.figures["taken_at"]:
            raise DiffersError("are older than those they are compared with")
        self.faults += [
            f"{name}: {before[name]} before, {self.figures.get(name, 0)} now"
            for name in GROWING
            if self.figures.get(name, 0) < before.get(name, 0)
        ]
        now = {tuple(row[:3]): row[3] for row in self.figures["log_counts"]}
        if any(now.get(tuple(row), 0) < n for *row, n in before["log_counts"]):
            self.faults.append("a count of the log shrank")

    def _follow(self, log: Path, before: dict[str, Any] | None = None) -> None:
        """Walk a copy of the log: to each published head, and to the counts."""
        heads = {f["log_entries"]: f["log_head"] for f in (before, self.figures) if f is not None}
        head, counts = GENESIS, Counter[tuple[str, str, str]]()
        number, sql = 0, "SELECT body FROM entries WHERE seq < ? ORDER BY seq"
        with closing(sqlite3.connect(f"{log.resolve().as_uri()}?mode=ro", uri=True)) as db:
            for number, (raw,) in enumerate(db.execute(sql, (max(heads),)), 1):
                head = sha(head + sha(raw))
                counts.update(counted([decode(raw)]))
                if heads.pop(number, head.hex()) != head.hex():
                    raise DiffersError(f"do not follow: the log leads to {head.hex()} at {number}")
        if heads:
            raise DiffersError(f"are of {max(heads)} entries, the log has {number}")
        if [[*key, n] for key, n in sorted(counts.items())] != self.figures["log_counts"]:
            self.faults.append("the log's entries come to other counts than were published")


def encode(value: Any) -> bytes:
    """CBOR (RFC 8949): what the city writes, in its one deterministic form."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _number(0, value) if value >= 0 else _number(1, -1 - value)
    if isinstance(value, bytes):
        return _number(2, len(value)) + value
    if isinstance(value, str):
        return _number(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _number(4, len(value)) + b"".join(map(encode, value))
    items = {encode(k): encode(v) for k, v in value.items()}
    keys = sorted(items, key=lambda k: (len(k), k))
    return _number(5, len(items)) + b"".join(k + items[k] for k in keys)


def _number(major: int, n: int) -> bytes:
    if n < 24:
        return bytes([major << 5 | n])
    size = next(s for s in (1, 2, 4, 8) if n < 1 << 8 * s)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, "big")


def decode(data: bytes) -> Any:
    """The value of an encoding, which must be the one that `encode` gives."""
    try:
        value = _item(io.BytesIO(data), 0)
        if encode(value) == data:
            return value
    except (ValueError, IndexError, KeyError, TypeError, UnicodeDecodeError, AttributeError):
        pass
    raise DiffersError("hold bytes that are not what the city writes")


def _item(file: io.BytesIO, depth: int) -> Any:
    first = file.read(1)[0]
    major, n = first >> 5, first & 31
    if major == 7:
        return {20: False, 21: True, 22: None}[n]
    if n > 23:
        n = int.from_bytes(file.read({24: 1, 25: 2, 26: 4, 27: 8}[n]), "big")
    if depth > 8 or (major > 1 and n > len(file.getbuffer())):
        raise ValueError
    if major < 2:
        return n if major == 0 else -1 - n
    if major < 4:
        raw = file.read(n)
        return raw if major == 2 else raw.decode()
    if major == 4:
        return [_item(file, depth + 1) for _ in range(n)]
    return {_item(file, depth + 1): _item(file, depth + 1) for _ in range(n)}


def statement(data: bytes, kind: str, key: bytes) -> dict[int, Any]:
    """The body of a statement that this key signed."""
    value = decode(data)
    if not isinstance(value, list) or len(value) != 5 or value[:2] != [1, kind]:
        raise DiffersError(f"come without a {kind} statement")
    _, _, named, body, signature = value
    message = encode(["alpr/1/statement", 1, kind, named, body])
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise DiffersError(f"come with a {kind} whose signature does not hold") from error
    return dict(body)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def main(arguments: list[str]) -> int:
    """Check one file of figures and say what was found."""
    parser = argparse.ArgumentParser("verify_figures.py")
    parser.add_argument("figures", type=Path)
    parser.add_argument("--root", default="", help="the fingerprint that the city publishes")
    parser.add_argument("--before", type=Path, help="earlier figures")
    parser.add_argument("--log", type=Path, help="a copy of the access log")
    args = parser.parse_args(arguments)
    try:
        checked = Figures(json.loads(args.figures.read_text()), args.root)
        before = json.loads(args.before.read_text()) if args.before else None
    except (OSError, ValueError) as error:
        print(f"verify_figures: {error}", file=sys.stderr)
        return 2
    faults = checked.check(before, args.log)
    print("".join(f"DIFFERS  {fault}\n" for fault in faults), end="")
    if faults:
        print(f"REFUSED: {len(faults)} things differ")
    elif not checked.root:
        print("HOLDS, if the city publishes the fingerprint of this root: give it with --root")
    else:
        print("VERIFIED: these are the figures that the city signed, and they follow from its log")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
