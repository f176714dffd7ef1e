"""The short form of the console's half of `make fuzz`."""

from __future__ import annotations

from tests.city.console import Console
from tests.city.web.fuzz import Fuzzer


def test_hostile_requests_get_a_clear_page_and_nothing_leaks_or_is_lost(city: Console) -> None:
    fuzzer = Fuzzer(city, seed=1)
    fuzzer.run(120)
    assert fuzzer.faults == []
    assert fuzzer.answers[200] > 5, "some of it went deep enough to be answered"
    assert fuzzer.answers.total() == 120


def test_the_fuzzer_sees_a_failure_a_leak_and_a_loss(city: Console) -> None:
    """It would not be worth much if it took anything for good."""
    from django.http import HttpResponse

    from alpr_city.reads.models import Record

    fuzzer = Fuzzer(city, seed=2)
    bad = HttpResponse("<h1>x</h1><img src='data:image/jpeg;base64,AA'>Traceback", status=500)
    fuzzer._judge("one", "clerk", bad, 0)
    said = " ".join(fuzzer.faults)
    for wrong in (": 500", "Traceback", "a plate is shown", "no Content-Security-Policy"):
        assert wrong in said
    fuzzer.faults.clear()
    Record.objects.all().delete()
    fuzzer.run(0)
    assert fuzzer.faults == ["a read is gone"]
