"""The socket: the kernel says who asks, and each may ask only its own."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alpr_city.errors import VaultError
from alpr_city.vault.client import VaultClient
from alpr_city.vault.service import AT_ONCE, ROLES, Service
from alpr_wire.statements import decode_statement
from tests.city.vaults import ACCESS, CityVault


@contextmanager
def serving(city_vault: CityVault, *roles: str) -> Iterator[VaultClient]:
    file = city_vault.folder / "run" / "vault.sock"
    done = threading.Event()
    service = Service(
        city_vault.vault,
        file,
        {os.getuid(): frozenset(roles)},
        heads_file=city_vault.folder / "heads",
    )
    thread = threading.Thread(target=service.run, args=(done.is_set,), daemon=True)
    thread.start()
    while not file.exists():
        time.sleep(0.01)
    client = VaultClient(file)
    try:
        yield client
    finally:
        client.close()
        done.set()
        thread.join(10)


def test_a_stranger_gets_nothing(city_vault: CityVault) -> None:
    with serving(city_vault) as client:
        for operation in frozenset().union(*ROLES.values()) | {"purge", "__init__", "keyring"}:
            with pytest.raises(VaultError, match="does not do this for you"):
                client.call(operation)


def test_ingest_cannot_look(city_vault: CityVault) -> None:
    with serving(city_vault, "ingest") as client:
        with pytest.raises(VaultError, match="does not do this for you"):
            client.call("look", ACCESS, [])
        assert client.call("arrive", [])[1] == []


def test_the_console_cannot_sign_receipts(city_vault: CityVault) -> None:
    with serving(city_vault, "console") as client:
        with pytest.raises(VaultError, match="does not do this for you"):
            client.call("receipt", [])
        assert client.call("look", ACCESS, []) == [2, []] or client.call("head")


def test_nonsense_is_refused_and_the_vault_goes_on(city_vault: CityVault) -> None:
    with serving(city_vault, "ingest", "console") as client:
        for arguments in ([], [1], [{"user": 1}, 2], [None, None, None]):
            with pytest.raises(VaultError):
                client.call("look", *arguments)
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(city_vault.folder / "run" / "vault.sock"))
            raw.sendall(b"\xff\xff\xff\xff")
        assert client.call("arrive", [])


def test_a_receipt_does_not_wait_for_reads_that_are_opened(city_vault: CityVault) -> None:
    assert ROLES["ingest"] >= AT_ONCE
    held = ["cam-one", bytes(16), 7, bytes(32), []]
    with serving(city_vault, "ingest") as client, city_vault.vault.lock:
        (receipt,) = client.call("receipt", [held])
        client.call("close_stream", "cam-one", bytes(16))
        assert client.call("request", "cam-one", bytes(16), 7)
    assert decode_statement(receipt, "receipt").body[3] == 7
    assert city_vault.vault.streams.receipts("cam-one") == {bytes(16): (7, bytes(32))}


def test_it_has_no_network_and_its_socket_is_its_own(city_vault: CityVault) -> None:
    before = network_sockets()  # other tests of this process may have left some
    with serving(city_vault, "console"):
        mode = (city_vault.folder / "run" / "vault.sock").stat().st_mode
        assert mode & 0o007 == 0
        assert network_sockets() <= before


def network_sockets() -> set[str]:
    """The inodes of this process's own internet sockets, of every kind."""
    return own_inodes() & {
        line.split()[9]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    }


def own_inodes() -> set[str]:
    found: set[str] = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def test_signed_heads_leave_the_vault(city_vault: CityVault) -> None:
    with serving(city_vault, "console"):
        until = time.monotonic() + 5
        heads = city_vault.folder / "heads"
        while not heads.exists() and time.monotonic() < until:
            time.sleep(0.02)
    from alpr_wire import statements

    statement = statements.decode_statement(bytes.fromhex(heads.read_text().split()[0]), "log-head")
    statement.verify(city_vault.vault.log._signing.public_key())


def test_a_vault_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="does not answer"):
        VaultClient(tmp_path / "none").call("head")
