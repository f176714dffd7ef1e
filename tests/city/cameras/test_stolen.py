"""The console has no key of the authority: who puts a camera out there is heard all the same."""

from __future__ import annotations

from typing import Any

from alpr_city.broker.watch import RevocationWatch
from alpr_city.enrolment.opening import open_sweep
from tests.city.console import Console
from tests.city.party import CityBroker, Party
from tests.city.search.test_pages import proved


def test_a_stolen_camera_loses_ingest_at_once_and_its_session_by_the_sweep(
    city: Console, maintenance: Any, city_broker: CityBroker
) -> None:
    """In order: the register, ingest, the revocation list, the broker's session."""
    from alpr_city.ingest.intaker import Intaker
    from alpr_city.people.journal import vault
    from alpr_city.reads.models import Alarm, Camera
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.reads.store import Store
    from alpr_wire.topics import Channel

    papers, other = city_broker.camera("cam-one"), city_broker.camera("cam-good")
    Camera.objects.filter(pk="cam-one").update(serial=str(papers.serial))
    thief = Party(city_broker.settings.camera_port, papers)
    watch = RevocationWatch(
        city_broker.authority.folder, city_broker.folder / "broker", city_broker.broker
    )
    sweep = open_sweep(city.config, city_broker.authority)
    pictures = PictureStore(city.config.files.pictures)
    intaker = Intaker(Store(), pictures, vault())
    sent = len(city.camera.encodings)
    city.camera.read("7TEST77")
    batch = (Channel.UP, "cam-one", city.camera.batch(sent).encode())
    try:
        assert thief.connect()
        assert sweep.step(0.0) == 0
        assert not city.config.files.ca.exists(), "the console sees no authority"
        proved(maintenance, 2.0**40)
        assert maintenance.post("/cameras/cam-one/out/stolen/").status_code == 302
        assert Camera.objects.get(pk="cam-one").state == "stolen"
        assert Alarm.objects.get(kind="revocation").cleared_at is None
        assert b"waits for" in maintenance.get("/cameras/cam-one/").content
        intaker.learn_cameras()
        assert intaker.take([batch]) == []
        assert not city_broker.authority.is_revoked(papers.serial)
        assert sweep.step(60.0) == 1
        assert city_broker.authority.is_revoked(papers.serial)
        assert Alarm.objects.get(kind="revocation").cleared_at is not None
        assert watch.step()
        assert thief.refused.wait(60), "the session that stood was ended"
    finally:
        thief.close()
        pictures.close()
    again, good = Party(thief.port, papers), Party(thief.port, other)
    try:
        assert not again.connect()
        assert good.connect()
    finally:
        again.close()
        good.close()


def test_from_the_button_to_the_end_of_the_session_is_under_a_minute() -> None:
    """What each process waits between two looks at what the one before it writes."""
    from alpr_city.commands import broker
    from alpr_city.enrolment.sweep import LOOK_S

    assert LOOK_S + broker.LOOK_S < 30
