"""The vault's socket: who is on the other end is asked of the kernel, not of the message."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cbor2

from alpr_city.errors import CityError, VaultError
from alpr_city.vault.commanding import Commanding
from alpr_city.vault.evidence import Evidence
from alpr_city.vault.findable import Findable
from alpr_city.vault.finding import Finding
from alpr_city.vault.holding import Holding
from alpr_city.vault.journal import Journal
from alpr_city.vault.purging import Purging
from alpr_city.vault.reading import Reading
from alpr_city.vault.releasing import Releasing
from alpr_city.vault.revisions import Revisions
from alpr_city.vault.tally import Tally
from alpr_city.vault.uses import Uses
from alpr_city.vault.vault import Vault

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20
HEADS_S = 60.0
AT_ONCE = frozenset({"receipt", "request", "close_stream"})
"""Operations that need not wait for others to end."""

# Which operations a role reaches. A user id has the roles that the city's settings give it.
ROLES: Mapping[str, frozenset[str]] = {
    "ingest": frozenset(
        {"arrive", "arrive_matched", "receipt", "request", "close_stream", "order", "public_keys"}
    ),
    "console": frozenset(
        {"look", "tokens", "head", "note", "log_entries", "log_page", "log_query", "log_check"}
        | {"uses", "watch_own"}
        | {"hold", "look_held", "release", "hold_revisions", "held_revisions"}
        | {"partial_begin", "partial_match", "partial_end", "revise", "revisions"}
        | {"evidence_open", "evidence_proof", "evidence_certify"}
        | {"tally"}
        | {"release_file", "release_papers", "release_approve", "release_find", "release_fulfil"}
    ),
    "lists": frozenset(
        {"list_begin", "list_rows", "list_commit", "list_abandon", "list_drop", "lists"}
        | {"hit_entry"}
    ),
    "enrol": frozenset({"public_keys", "admit"}),
    "keys": frozenset(
        {"public_keys", "uncertified", "certify", "make_seal_keys", "retire_seal_keys", "admit"}
        | {"desire", "release_expire", "hold_revisions"}
        | {"write_off", "certified_until", "back_up", "receipts", "head"}
        | {"destroy_day", "certify_purge", "expire_queries", "merge_patterns", "log_key"}
        | {"findable"}
    ),
}


class Service:
    """Listens on a Unix socket and serves each caller in a thread of its own."""

    def __init__(
        self,
        vault: Vault,
        socket_file: Path,
        roles: Mapping[int, frozenset[str]],
        heads_file: Path | None = None,
    ) -> None:
        """`roles` gives the roles of each user id; `heads_file` is where signed heads go."""
        self._vault, self._file, self._roles, self._heads = vault, socket_file, roles, heads_file
        reading = Reading(vault)
        evidence, releasing = Evidence(vault), Releasing(vault)
        holding, purging, finding = Holding(vault), Purging(vault), Finding(vault)
        revisions, commanding = Revisions(vault), Commanding(vault)
        self._operations: dict[str, Callable[..., Any]] = {
            "arrive": vault.arrive,
            "arrive_matched": vault.watching.arrive,
            "list_begin": vault.watching.begin,
            "list_rows": vault.lists.add,
            "list_commit": vault.watching.commit,
            "list_abandon": vault.lists.abandon,
            "list_drop": vault.watching.drop,
            "lists": vault.watching.state,
            "hit_entry": vault.watching.entry,
            "uses": Uses(vault).uses,
            "watch_own": vault.watched.put,
            "receipt": vault.receipt,
            "request": vault.request,
            "close_stream": vault.streams.close_stream,
            "look": vault.look,
            "tokens": vault.tokens,
            "head": vault.log.head,
            "evidence_open": evidence.open,
            "evidence_proof": evidence.prove_log,
            "evidence_certify": evidence.certify,
            "tally": Tally(vault).tally,
            "release_file": releasing.file,
            "release_papers": releasing.papers,
            "release_approve": releasing.approve,
            "release_find": releasing.find,
            "release_fulfil": releasing.fulfil,
            "release_expire": releasing.expire,
            "public_keys": vault.public.certified,
            "uncertified": vault.public.uncertified,
            "certify": vault.public.certify,
            "make_seal_keys": vault.public.make_seal_keys,
            "retire_seal_keys": vault.public.retire_seal_keys,
            "admit": vault.streams.admit,
            "desire": commanding.desire,
            "order": commanding.order,
            "write_off": vault.public.write_off,
            "certified_until": vault.public.certified_until,
            "back_up": lambda: str(vault.keyring.back_up()),
            "receipts": vault.streams.receipts,
            "note": Journal(vault).note,
            "log_entries": reading.log_entries,
            "log_page": reading.log_page,
            "log_query": reading.log_query,
            "log_check": reading.log_check,
            "hold": holding.hold,
            "look_held": holding.look_held,
            "release": holding.release,
            "hold_revisions": holding.hold_revisions,
            "held_revisions": holding.held_revisions,
            "revise": revisions.revise,
            "revisions": revisions.revisions,
            "partial_begin": finding.partial_begin,
            "partial_match": finding.partial_match,
            "partial_end": finding.partial_end,
            "merge_patterns": finding.merge_patterns,
            "findable": Findable(vault).findable,
            "destroy_day": purging.destroy_day,
            "log_key": purging.log_key,
            "certify_purge": purging.certify_purge,
            "expire_queries": purging.expire_queries,
        }
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def run(self, asked: Callable[[], bool]) -> None:
        """Serve until asked to stop.

        Raises:
            VaultError: The socket cannot be made.
        """
        try:
            self._file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            unready = self._file.with_name(self._file.name + ".new")
            unready.unlink(missing_ok=True)
            self._listener.bind(str(unready))
            unready.chmod(0o660)
            self._listener.listen(16)
            unready.replace(self._file)  # who sees the socket can connect to it
        except OSError as error:
            raise VaultError(f"{self._file}: cannot listen there ({error.strerror})") from error
        self._listener.settimeout(0.2)
        sent_s = float("-inf")
        while not asked():
            if time.monotonic() - sent_s >= HEADS_S:
                sent_s = time.monotonic()
                self._send_head()
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(None)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        self._listener.close()
        self._file.unlink(missing_ok=True)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.closing(connection), contextlib.suppress(OSError, EOFError, VaultError):
            allowed = self._allowed(connection)
            while True:
                message = receive(connection)
                send(connection, self._answer(message, allowed))

    def _allowed(self, connection: socket.socket) -> frozenset[str]:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        _, uid, _ = struct.unpack("iII", credentials)
        return frozenset().union(*(ROLES[r] for r in self._roles.get(uid, frozenset())))

    def _answer(self, message: bytes, allowed: frozenset[str]) -> list[Any]:
        try:
            operation, arguments = cbor2.loads(message)
            if operation not in allowed:
                log.warning("an operation was refused to this caller", extra={"asked": operation})
                raise VaultError("the vault does not do this for you")
            with contextlib.nullcontext() if operation in AT_ONCE else self._vault.lock:
                return ["ok", self._operations[operation](*arguments)]
        except CityError as error:
            return ["refused", str(error)]
        except Exception as error:  # whatever was sent, the vault goes on
            log.exception("an operation failed")
            return ["refused", f"the vault could not do this ({type(error).__name__})"]

    def _send_head(self) -> None:
        if self._heads is None:
            return
        with self._vault.lock:
            statement = self._vault.log.head()
        try:
            with self._heads.open("ab") as file:
                file.write(statement.hex().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            log.error("the access log's head cannot be sent outside: %s", error)


def send(connection: socket.socket, value: Any) -> None:
    """One message: its length in four bytes, then CBOR."""
    data = cbor2.dumps(value)
    connection.sendall(len(data).to_bytes(4, "big") + data)


def receive(connection: socket.socket) -> bytes:
    """The bytes of one message.

    Raises:
        EOFError: The other end is gone.
        VaultError: It is too long.
    """
    size = int.from_bytes(_exactly(connection, 4), "big")
    if size > MOST_BYTES:
        raise VaultError("a message to the vault is too long")
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    buffer = bytearray(size)
    view, at = memoryview(buffer), 0
    while at < size:
        got = connection.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return bytes(buffer)
