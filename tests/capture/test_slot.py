"""The newest-frame slot: what is dropped, and that it is counted."""

from __future__ import annotations

import threading

from alpr_edge.capture.slot import NewestSlot


def test_a_live_slot_keeps_the_newest_and_counts_what_it_drops() -> None:
    slot: NewestSlot[int] = NewestSlot(live=True)
    for number in range(5):
        slot.put(number)
    assert slot.take(0) == 4
    assert slot.take(0) is None
    assert (slot.offered, slot.dropped) == (5, 4)


def test_a_recording_at_full_speed_loses_nothing() -> None:
    slot: NewestSlot[int] = NewestSlot(live=False)

    def feed() -> None:
        for number in range(100):
            slot.put(number)
        slot.close()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    taken = []
    while not slot.over:
        if (number := slot.take(5)) is not None:
            taken.append(number)
    feeder.join(5)
    assert taken == list(range(100))
    assert slot.dropped == 0


def test_closing_a_slot_frees_who_waits_on_either_side() -> None:
    slot: NewestSlot[int] = NewestSlot(live=False)
    slot.put(1)
    waiting = threading.Thread(target=slot.put, args=(2,), daemon=True)
    waiting.start()
    slot.close()
    waiting.join(5)
    assert not waiting.is_alive()
    assert slot.take(5) == 1
    assert slot.take(5) is None
    assert slot.over
    assert (slot.offered, slot.dropped) == (2, 1)
