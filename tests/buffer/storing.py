"""A process that stores what it is told to: `python -m tests.buffer.storing FOLDER`.

Takes commands, one a line: `open`, `reopen`, `close`, `store READS PICTURE_BYTES`, `fill`, `look`.
Answers each with one line of JSON, so that a test can make the disk under it fail between any two.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alpr_edge.buffer.outbox import Outbox
from alpr_edge.errors import OutboxError
from alpr_wire.records import Kind, decode_record
from tests.buffer.cast import DEVICE, passage


def look(outbox: Outbox) -> dict[str, Any]:
    """What the outbox holds; raises where its chain does not hold."""
    records = [decode_record(data) for _, data, _ in outbox.records(-1, 10**9)]
    return {
        "verified": outbox.verify(),
        "seqs": [record.seq for record in records],
        "reads": [record.seq for record in records if record.kind is Kind.READ],
        # Cause, first and last sequence number, how many.
        "gaps": [[r.body[n] for n in (1, 2, 3, 4)] for r in records if r.kind is Kind.GAP],
        "pictures": outbox.state()["pictures"],
    }


def fill(file: Path) -> None:
    """Use up the disk to its last byte, as somebody else's log would."""
    with file.open("wb", buffering=0) as junk, suppress(OSError):
        while junk.write(bytes(4096)):
            pass


def main(folder: Path) -> None:
    """Obey until the input ends."""
    outbox: Outbox | None = None
    for line in sys.stdin:
        word, *numbers = line.split()
        answer: dict[str, Any] = {}
        stored: list[int] = []
        try:
            if outbox is not None and word in ("open", "close"):
                outbox.close()
            if word in ("open", "reopen"):  # the last one as by a process that was killed
                outbox = Outbox.open(folder, DEVICE)
            assert outbox is not None
            if word == "store":
                reads, size = map(int, numbers)
                picture = {"crop": b"c" * size} if size else {}
                for _ in range(reads):
                    stored.append(outbox.store(passage(), picture))
            if word == "fill":
                fill(folder / "of-somebody-else")
            if word == "look":
                answer = look(outbox)
        except OutboxError as error:
            answer = {"failed": error.message}
        print(json.dumps({"stored": stored} | answer), flush=True)


class Storing:
    """Such a process, as a test sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.acknowledged: set[int] = set()

    def ask(self, command: str) -> dict[str, Any]:
        """Give a command and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.acknowledged |= set(answer["stored"])
        return answer


@contextmanager
def storing(
    folder: Path, *, under: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Storing]:
    """Start one, perhaps `under` another command; it is gone at the end."""
    with subprocess.Popen(
        [*under, sys.executable, "-m", "tests.buffer.storing", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield Storing(process)
        finally:
            process.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
