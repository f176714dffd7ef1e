"""The outbox: reads sealed at birth, chained, and kept on disk until the city has them.

    Passage ──► ReadBody ──► EpochSealer ──► records (SQLite, WAL, synchronous=FULL)

Nothing that reaches the disk can be opened with anything that is on the camera.
"""

from alpr_edge.buffer.outbox import Outbox

__all__ = ["Outbox"]
