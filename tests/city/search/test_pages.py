"""Search as people use it: refusals first, then what is shown and that it is on record before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.city.console import Console

PLATE = {"plate": "0TEST00"}


def stream(city: Console) -> str:
    return city.camera.stream.hex()


def read_page(city: Console) -> str:
    return f"/search/read/cam-one/{stream(city)}/2/"


def partial(client: Any, pattern: str = "0TEST0*") -> Any:
    return client.post(
        "/search/partial/", {"pattern": pattern, "alike": "on", **days(client)}, follow=True
    )


def days(client: Any) -> dict[str, str]:
    from alpr_city.door.models import Grant

    grant = Grant.objects.get(pk=client.session["grant"])
    return {"first": str(grant.first), "last": str(grant.last)}


def place(client: Any) -> Any:
    day = days(client)["last"]
    window = {"since": f"{day}T00:00Z", "until": f"{day}T23:59:59Z"}
    return client.post("/search/place/", {"camera": "cam-one", **window})


SHOWING: dict[str, Callable[[Console, Any], Any]] = {
    "exact": lambda _, client: client.post("/search/", PLATE),
    "partial": lambda _, client: partial(client),
    "place": lambda _, client: place(client),
    "read": lambda city, client: client.get(read_page(city)),
}
"""Every route of search that can show a plate."""


@pytest.mark.parametrize("route", SHOWING)
def test_who_may_not_search_sees_nothing(city: Console, stranger: Any, route: str) -> None:
    for client in (city.client("maintenance"), city.client("administrator")):
        city.grant(client)
        answer = SHOWING[route](city, client)
        assert answer.status_code == 403
        assert b"TEST00" not in answer.content
    answer = stranger.get("/search/")
    assert answer.status_code == 302
    assert "/people/sign-in/" in answer["Location"]


def test_without_a_reason_nothing_is_searched(officer: Any) -> None:
    answer = officer.post("/search/", PLATE)
    assert answer.status_code in (302, 403)
    assert b"TEST00" not in answer.content


@pytest.mark.parametrize("route", SHOWING)
def test_when_the_log_cannot_be_written_nothing_is_shown(
    city: Console, officer: Any, route: str
) -> None:
    city.grant(officer)
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    answer = SHOWING[route](city, officer)
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute("DROP TRIGGER full")
    assert answer.status_code >= 400
    assert b"Nothing was opened" in answer.content
    assert b"TEST00" not in answer.content
    assert b"data:image" not in answer.content


@pytest.mark.parametrize("route", SHOWING)
def test_what_is_shown_is_on_record_with_who_and_why(
    city: Console, officer: Any, route: str
) -> None:
    city.grant(officer)
    before = len(city.log())
    answer = SHOWING[route](city, officer)
    assert answer.status_code == 200
    assert b"data:image/jpeg;base64," in answer.content
    records = city.log()[before:]
    access = [r for r in records if r.get(3) == "officer"]
    assert access
    assert {r[6] for r in access} == {"26-01234"}
    assert {r[8] for r in access} == {"draft-1"}
    assert any(r[2] == "outcome" for r in records)


@pytest.mark.parametrize(
    "plate",
    [
        "",
        "' OR 1=1 --",
        "<script>",
        "0TEST00" * 9,
        "\uff10\uff34\uff25",
        "%00",
        "4AB?1*",
        "\u202e7ABC",
    ],
)
def test_hostile_words_are_refused_with_help(city: Console, officer: Any, plate: str) -> None:
    city.grant(officer)
    before = len(city.log())
    answer = officer.post("/search/", {"plate": plate})
    assert answer.status_code == 400
    assert b"<script>" not in answer.content
    assert len(city.log()) == before


def test_dates_beyond_the_reason_are_refused(city: Console, officer: Any) -> None:
    city.grant(officer)
    answer = officer.post("/search/", {**PLATE, "first": "2020-01-01", "last": "2026-01-01"})
    assert answer.status_code >= 400
    assert b"data:image" not in answer.content
    assert any(r[2] == "door.outside" for r in city.log())


def test_a_grant_for_other_cameras_shows_nothing_of_this_one(city: Console, officer: Any) -> None:
    city.grant(officer, cameras=["cam-two"])
    answer = officer.post("/search/", PLATE)
    assert b"0 reads" in answer.content
    for route in ("partial", "place", "read"):
        assert b"data:image" not in SHOWING[route](city, officer).content


def test_look_alikes_are_found_and_judged(city: Console, officer: Any) -> None:
    city.grant(officer)
    answer = officer.post("/search/", {"plate": "OTE5TQD"}).content.decode()
    assert "1 read<" in answer
    assert "% that it is what was asked for" in answer
    assert "clock synchronised, within 2.5 ms" in answer
    assert "not measured yet" in answer


def test_a_plate_never_stands_in_an_address(city: Console, officer: Any) -> None:
    city.grant(officer)
    answer = partial(officer)
    assert answer.redirect_chain
    assert not any("TEST" in address for address, _ in answer.redirect_chain)
    assert b"2 reads" in answer.content


def test_a_partial_search_of_another_is_not_there(
    city: Console, officer: Any, prosecutor: Any
) -> None:
    city.grant(officer)
    city.grant(prosecutor)
    address = partial(officer).redirect_chain[-1][0]
    assert prosecutor.get(address).status_code == 404


def test_a_long_search_says_how_far_it_is_and_goes_on_by_itself(
    city: Console, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.search import partial as searching
    from alpr_city.search import running

    for number in range(3):
        camera = city.vault.camera(f"cam-{number}x", seed=10 + number)
        camera.read("0TEST04")
        city.ingest(camera)
    city.grant(officer)
    monkeypatch.setattr(searching, "MOST_ROWS", 1)
    monkeypatch.setattr(running, "WORK_S", -1.0)
    form = {"pattern": "0TEST0*", "alike": "on", **days(officer)}
    address = officer.post("/search/partial/", form)["Location"]
    told = []
    while (answer := officer.get(address)).status_code == 200:
        page = answer.content.decode()
        assert 'http-equiv="refresh"' in page
        assert "<progress" in page
        assert "TEST0" not in page
        told.append(page.split("Searching: ")[1].split(" %")[0])
        assert len(told) < 10
    assert told == ["25", "50", "75", "100"]
    page = officer.get(answer["Location"]).content.decode()
    assert "5 reads" in page
    assert page.count("% that it is what was asked for") == 5


def test_a_pattern_for_everybody_is_refused(city: Console, officer: Any) -> None:
    city.grant(officer)
    answer = partial(officer, "*7*")
    assert answer.status_code >= 400
    assert b"two characters at least" in answer.content


def test_every_page_takes_one_of_the_grant_and_the_last_is_the_last(
    city: Console, officer: Any
) -> None:
    city.grant(officer, pages_left=1)
    assert officer.post("/search/", PLATE).status_code == 200
    assert b"data:image" not in officer.post("/search/", PLATE).content


def test_a_read_comes_with_its_proof(city: Console, officer: Any) -> None:
    city.grant(officer)
    answer = officer.get(read_page(city)).content.decode()
    assert "signature covers this record" in answer
    assert city.camera.public.hex() in answer
    for address in (
        f"/search/read/cam-one/{stream(city)}/99/",
        "/search/read/cam-one/zz/2/",
        f"/search/read/cam-two/{stream(city)}/2/",
    ):
        assert officer.get(address).status_code == 404


def test_an_export_is_sealed_to_its_recipient_alone(city: Console, prosecutor: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from alpr_city.search.models import Recipient

    city.grant(prosecutor)
    proved(prosecutor, 0.0)
    assert "/people/again/" in prosecutor.get("/search/export/")["Location"], "asks again first"
    proved(prosecutor, 2.0**40)
    designee = city.client("designee")
    key = X25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    new = {"name": "A. Recipient", "agency": "chp", "key": pem}
    for wrong in ({"key": "none"}, {"agency": "fbi"}, {"agency": "Border Patrol"}, {"agency": ""}):
        assert designee.post("/search/recipients/", new | wrong).status_code == 400
        assert not Recipient.objects.exists()
        assert city.log()[-1][2] == "release.recipient-refused"
    assert designee.post("/search/recipients/", new).status_code == 302
    chosen = {"read": [f"cam-one/{stream(city)}/2", "nonsense"], "do": "export"}
    assert prosecutor.post("/search/chosen/", chosen)["Location"] == "/search/export/"
    to = {"recipient": Recipient.objects.get().pk}
    Recipient.objects.update(agency="left-the-register")
    refused = prosecutor.post("/search/export/", to)
    assert refused.status_code == 400
    assert b"not in the register" in refused.content
    assert city.log()[-1][2] == "release.recipient-refused"
    Recipient.objects.update(agency="chp")
    answer = prosecutor.post("/search/export/", to)
    assert answer.status_code == 200
    assert answer.content.startswith(b"ALPRSEAL")
    assert b"TEST00" not in answer.content
    assert "TEST00" not in answer["Content-Disposition"]
    assert any(r[2] == "export" and r[3] == "prosecutor" for r in city.log())
    assert not any(r[2] == "release.custody" for r in city.log())
    Recipient.objects.update(agency="lasd-lost-hills")
    prosecutor.post("/search/chosen/", chosen)
    answer = prosecutor.post("/search/export/", to)
    (passed,) = [r for r in city.log() if r[2] == "release.custody"]
    record = answer["Content-Disposition"].split("-")[1].split(".")[0]
    assert passed[3][2] == f"export {record} passes to lasd-lost-hills"
    assert "Lost Hills" in manifest_of(answer.content, key)["custody"]


def manifest_of(sealed: bytes, key: Any) -> dict[str, Any]:
    import io
    import json
    import zipfile

    from alpr_city.evidence import open_sealed

    with zipfile.ZipFile(io.BytesIO(open_sealed.unseal(sealed, key))) as bundle:
        return dict(json.loads(bundle.read("reads.json")))


def test_a_purged_day_takes_the_searches_over_it_along(city: Console, officer: Any) -> None:
    from alpr_city.retention.dropping import day_dropped
    from alpr_city.search.models import Run

    city.grant(officer)
    partial(officer)
    day_dropped.send(sender=None, day=city.day - timedelta(days=400))
    assert Run.objects.count() == 1
    day_dropped.send(sender=None, day=city.day)
    assert not Run.objects.exists()


def proved(client: Any, at_s: float) -> None:
    """When somebody last showed the second factor."""
    session = client.session
    session["proved_s"] = at_s
    session.save()
