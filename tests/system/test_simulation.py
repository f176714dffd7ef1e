"""Seeded histories of camera and city; `make simulate SEEDS="1 1000"` runs as many as you like."""

from __future__ import annotations

import pytest

from tests.system.acting import Acting
from tests.system.simulation import simulate

DEFECTS = ("stores twice", "receipts early", "forgets a gap", "purges without a trace", "deaf")


def test_histories_with_every_fault_hold() -> None:
    done = simulate(1, 40)
    assert done["histories"] == 40
    assert min(done[what] for what in ("gaps", "purged spans", "jump", "part", "vault away")) > 0


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    from alpr_city.ingest.following import Following
    from alpr_city.reads import store
    from alpr_edge.sync.sender import Sender

    if defect == "stores twice":  # a duplicate under another number
        real = store.Store.commit

        def commit(self: store.Store, intake: store.Intake) -> None:
            real(self, intake)
            for row in intake.records[:1]:
                store.insert(
                    "record",
                    ("day", "stream_id", "seq", "kind", "encoding", "wrapped", "captured_us"),
                    [("2020-01-01", *row[1:])],
                )

        monkeypatch.setattr(store.Store, "commit", commit)
    elif defect == "receipts early":  # before the commit, which then fails
        monkeypatch.setattr(store.Store, "commit", lambda *_: None)
    elif defect == "purges without a trace":
        monkeypatch.setattr("alpr_city.retention.purge.Purger._keep_spans", lambda *_: None)
    elif defect == "deaf":  # to a city whose clock was set back
        monkeypatch.setattr("alpr_edge.sync.sender.OVERTAKEN_US", 2**62)
    else:
        monkeypatch.setattr(Following, "_ask", lambda *_: None)
        monkeypatch.setattr(Sender, "_mind_silence", lambda *_: None)
        monkeypatch.setattr(Acting, "connect", _connects_once)
    with pytest.raises(AssertionError):
        simulate(1, 40)


def _connects_once(camera: Acting) -> None:
    from alpr_edge.sync.sender import Sender

    camera.sender = Sender(camera.mailbag, camera)
    camera.sender._sent = max(camera.written, default=-1)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_thousand_histories_hold() -> None:
    assert simulate(1000, 1999)["histories"] == 1000
