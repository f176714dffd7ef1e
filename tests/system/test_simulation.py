"""Seeded histories of camera and city; `make simulate SEEDS="1 1000"` runs as many as you like."""

from __future__ import annotations

import pytest

from tests.system.simulation import History, simulate


def test_histories_with_every_fault_hold() -> None:
    assert simulate(1, 12) == 12


@pytest.mark.parametrize("defect", ["stores twice", "receipts early", "forgets a gap"])
def test_a_defect_is_found(monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    from alpr_city.ingest.following import Following
    from alpr_city.reads import store
    from alpr_edge.sync.sender import Sender

    if defect == "stores twice":  # a duplicate under another number
        real = store.Store.commit

        def commit(self: store.Store, intake: store.Intake) -> None:
            real(self, intake)
            for row in intake.records[:1]:
                store._insert(
                    "record",
                    ("day", "stream_id", "seq", "kind", "encoding", "wrapped", "captured_us"),
                    [("2020-01-01", *row[1:])],
                )

        monkeypatch.setattr(store.Store, "commit", commit)
    elif defect == "receipts early":  # before the commit, which then fails
        monkeypatch.setattr(store.Store, "commit", lambda *_: None)
    else:
        monkeypatch.setattr(Following, "_ask", lambda *_: None)
        monkeypatch.setattr(Sender, "_mind_silence", lambda *_: None)
        monkeypatch.setattr(History, "connect", _connects_once)
    with pytest.raises(AssertionError):
        simulate(1, 6)


def _connects_once(history: History) -> None:
    from alpr_edge.sync.sender import Sender

    history.sender = Sender(history.mailbag, history.road)
    history.sender._sent = max(history.written, default=-1)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_thousand_histories_hold() -> None:
    assert simulate(1000, 1999) == 1000
