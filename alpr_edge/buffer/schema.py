"""The outbox file: its tables, its migrations and how SQLite is told to keep it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database, Migrations

from alpr_edge.errors import OutboxError

PAGE_BYTES = 4096
BUSY_S = 30.0
LEAST_FREE_BYTES = 1 << 20
migrations = Migrations("alpr_edge.outbox")


@migrations()
def records_and_pictures(db: Database) -> None:
    """The first schema."""
    # `head` is the chain's head after the record, so that any suffix can be proven.
    db.table("records").create(
        {"seq": int, "kind": int, "encoding": bytes, "head": bytes, "stored_us": int},
        pk="seq",
        not_null={"kind", "encoding", "head", "stored_us"},
    )
    db.table("pictures").create(
        {"seq": int, "kind": int, "data": bytes}, pk=("seq", "kind"), not_null={"data"}
    )
    db.table("facts").create({"name": str, "value": bytes}, pk="name")


@migrations()
def receipts_and_signatures(db: Database) -> None:
    """Signed heads, so that sync can cut batches anywhere, and what the city has receipted."""
    db.table("records").add_column("signature", bytes)
    db.table("receipts").create(
        {"seq": int, "digest": bytes, "at_us": int, "received_us": int, "statement": bytes},
        pk="seq",
        not_null={"digest", "at_us", "received_us", "statement"},
    )
    db.table("pictures").add_column("receipted", int, not_null_default=0)


@migrations()
def running_counts(db: Database) -> None:
    """What health asks every few seconds: nobody counts a million rows for it."""
    db.table("tally").create({"name": str, "n": int}, pk="name", not_null={"n"})
    for statement in _TALLY.strip().split("\n\n"):
        db.execute(statement)


# Kind 1 is a read (alpr_wire.records.Kind).
_TALLY = """
INSERT INTO tally VALUES
    ('records', (SELECT count(*) FROM records)),
    ('reads', (SELECT count(*) FROM records WHERE kind = 1)),
    ('pictures', (SELECT count(*) FROM pictures)),
    ('picture_bytes', (SELECT coalesce(sum(length(data)), 0) FROM pictures))

CREATE TRIGGER record_came AFTER INSERT ON records BEGIN
    UPDATE tally SET n = n + CASE WHEN name = 'records' OR NEW.kind = 1 THEN 1 ELSE 0 END
    WHERE name IN ('records', 'reads');
END

CREATE TRIGGER record_went AFTER DELETE ON records BEGIN
    UPDATE tally SET n = n - CASE WHEN name = 'records' OR OLD.kind = 1 THEN 1 ELSE 0 END
    WHERE name IN ('records', 'reads');
END

CREATE TRIGGER picture_came AFTER INSERT ON pictures BEGIN
    UPDATE tally SET n = n + CASE name WHEN 'pictures' THEN 1 ELSE length(NEW.data) END
    WHERE name IN ('pictures', 'picture_bytes');
END

CREATE TRIGGER picture_went AFTER DELETE ON pictures BEGIN
    UPDATE tally SET n = n - CASE name WHEN 'pictures' THEN 1 ELSE length(OLD.data) END
    WHERE name IN ('pictures', 'picture_bytes');
END
"""


@migrations()
def wanted_pictures(db: Database) -> None:
    """Pictures that the city pulls before all others."""
    db.table("pictures").add_column("wanted", int, not_null_default=0)
    db.execute("CREATE INDEX pictures_wanted ON pictures (seq, kind) WHERE wanted = 1")


def connect(path: Path, most_bytes: int) -> sqlite3.Connection:
    """Open the file, bring its schema up to date, and check that it is whole.

    Raises:
        OutboxError: The file is not a sound database, or the disk failed.
    """
    try:
        return _connect(path, most_bytes)
    except sqlite3.OperationalError as error:
        # Even to settle the log takes room on a full disk, and so does the index of the log, for
        # want of which SQLite only says "disk I/O error".
        full = is_full(error) or _free_bytes(path.parent) < LEAST_FREE_BYTES
        if not (full and give_back(ballast_of(path))):
            raise _unopened(path, error) from error
    except sqlite3.DatabaseError:
        pass
    # A read that fails while SQLite checks the file looks like damage, and a file that is set aside
    # is sent by nobody. So damage must be seen twice, through two connections.
    try:
        return _connect(path, most_bytes)
    except sqlite3.Error as error:
        raise _unopened(path, error) from error


def _connect(path: Path, most_bytes: int) -> sqlite3.Connection:
    # SQLite would make it 0644; -wal and -shm take its rights, and a reader must write to -shm.
    with suppress(OSError):  # it fails again below, and is told there
        path.touch(mode=0o660)
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":  # an I/O error, after which SQLite goes on with a journal
            raise sqlite3.OperationalError("the write-ahead log cannot be begun")
        # FULL, not NORMAL: a kerbside box loses power unannounced, and in WAL mode NORMAL may
        # undo the last commits (sqlite.org/pragma.html, "synchronous").
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        _settle(connection)
        if not _closed_well(connection):
            check(connection)
        migrations.apply(Database(connection))
        # Gone before anything else is written: whoever dies from here on is checked after.
        connection.execute("DELETE FROM facts WHERE name = 'closed'")
        connection.execute(f"PRAGMA max_page_count = {most_bytes // PAGE_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def _settle(connection: sqlite3.Connection) -> None:
    """Write what the log holds into the file, synced, and begin the log anew.

    After an fsync that failed, Linux shows the log as if it were on the disk, and no later fsync
    writes those pages. New commits behind them would be lost with them when power fails.
    """
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("another process keeps the log open")


def check(connection: sqlite3.Connection) -> None:
    """Read the whole file and look at its structure: with gigabytes of pictures, for minutes.

    Raises:
        sqlite3.DatabaseError: It is damaged.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def check_beside(path: Path) -> None:
    """The same through a connection of its own, while others read and write.

    Raises:
        OutboxError: It is damaged, or the disk failed.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            check(connection)
    except sqlite3.Error as error:
        raise OutboxError(
            f"{path}: the outbox is damaged ({error})",
            fix="the process ends, sets it aside and begins a new one",
            permanent=True,
        ) from error


def close_well(connection: sqlite3.Connection, *, sound: bool) -> None:
    """Close; one that is sound leaves word, so that the next in this boot need not read it all."""
    with suppress(sqlite3.Error), closing(connection):  # the word is a courtesy
        if not sound:
            return
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('closed', ?)", (boot_id(),))


def boot_id() -> bytes:
    """Drawn by the kernel at each start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()


def _closed_well(connection: sqlite3.Connection) -> bool:
    """Whether the file was closed in order since the machine started."""
    try:
        row = connection.execute("SELECT value FROM facts WHERE name = 'closed'").fetchone()
    except sqlite3.OperationalError:
        return False  # a new file
    return row is not None and bytes(row[0]) == boot_id()


def ballast_of(path: Path) -> Path:
    """The file that keeps some room beside an outbox."""
    return path.with_name("ballast")


def give_back(ballast: Path) -> bool:
    """Free the room that was kept; whether there was any."""
    try:
        ballast.unlink()
    except FileNotFoundError:
        return False
    return True


def is_full(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite failed for want of space."""
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL


def _unopened(path: Path, error: sqlite3.Error) -> OutboxError:
    return OutboxError(
        f"{path}: the outbox cannot be opened ({error})",
        fix=f"is the disk full, read-only or failing, or the folder not ours? df -h {path.parent};"
        f" ls -ld {path.parent}; dmesg | tail",
        permanent=True,
        path=str(path),
    )


def _free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut; a file's own sync keeps only its contents."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Begin, and commit or roll back."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
