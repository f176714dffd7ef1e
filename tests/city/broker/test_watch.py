"""A camera that is put out loses the session it has, and gets no other."""

from __future__ import annotations

from alpr_city.broker.watch import RevocationWatch
from tests.city.party import CityBroker, Party


def test_who_is_revoked_loses_the_session_that_stands_and_others_come_back(
    city_broker: CityBroker,
) -> None:
    port = city_broker.settings.camera_port
    stolen, good = city_broker.camera("cam-stolen"), city_broker.camera("cam-good")
    thief, neighbour = Party(port, stolen), Party(port, good)
    watch = RevocationWatch(
        city_broker.authority.folder, city_broker.folder / "broker", city_broker.broker
    )
    try:
        assert thief.connect()
        assert neighbour.connect()
        assert not watch.step()
        city_broker.authority.revoke(stolen.serial)
        assert watch.step()
        assert thief.refused.wait(60), "the session that stood was ended"
    finally:
        thief.close()
        neighbour.close()
    again, back = Party(port, stolen), Party(port, good)
    try:
        assert not again.connect()
        assert back.connect()
    finally:
        again.close()
        back.close()


def test_a_list_that_was_only_renewed_ends_no_session(city_broker: CityBroker) -> None:
    party = Party(city_broker.settings.camera_port, city_broker.camera("cam-good"))
    watch = RevocationWatch(
        city_broker.authority.folder, city_broker.folder / "broker", city_broker.broker
    )
    try:
        assert party.connect()
        city_broker.authority.revoke()
        assert watch.step()
        assert not party.refused.wait(1.0)
    finally:
        party.close()
