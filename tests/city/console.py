"""A city whose console answers: real vault behind its socket, real reads, people by their roles.

`from tests.city.console import ...` is done once, in tests/city/conftest.py: the fixtures are there
for every test of the city. `city` is a `Console`; `officer`, `clerk`, `designee`, `auditor`,
`administrator`, `maintenance` and `prosecutor` are Django test clients signed in with both factors
and trained (`.person` is who); `stranger` is a client that nobody is signed in with.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alpr_city.config import CityConfig, load, template
from alpr_city.django_setup import connect
from alpr_city.policy.store import EXAMPLE
from alpr_city.vault.arrivals import asked_of
from alpr_city.vault.service import Service
from tests.city.fleet import FleetCamera
from tests.city.vaults import CityVault, make_vault

PASSWORD = "a long pass phrase of a test"
PLATES = ("0TEST00", "0TEST01", "7ABC123")
ROLES = {
    "officer": ("sheriff", "california-law-enforcement"),
    "prosecutor": ("prosecutor", "city"),
    "clerk": ("clerk", "city"),
    "designee": ("designee", "city"),
    "auditor": ("auditor", "city"),
    "administrator": ("administrator", "city"),
    "maintenance": ("maintenance", "city"),
}
ROOMS_USED = frozenset({"ingest", "console", "keys", "lists"})


@dataclass
class Console:
    """One city with its vault served."""

    config: CityConfig
    vault: CityVault
    day: date
    camera: FleetCamera

    def ingest(self, camera: FleetCamera, first: int = 0) -> None:
        """Take a camera's records from `first` on into vault and database, as ingest does."""
        take_in(self.config, self.vault, camera, first)

    def client(self, username: str | None = None) -> Any:
        """A browser without pages; signed in where a person is named."""
        return client_of(self.config, username)

    def person(self, username: str) -> Any:
        """An account."""
        from alpr_city.people.models import Person

        return Person.objects.get(username=username)

    def log(self) -> list[dict[int, Any]]:
        """The access log's entries, as they stand."""
        with self.vault.vault.lock:
            return [body for _, body in self.vault.vault.log.entries(limit=100_000)]

    def grant(self, client: Any, **changes: Any) -> Any:
        """Give a signed-in client a reason, past the form."""
        from alpr_city.door.models import Grant

        now = datetime.now(UTC)
        fields = {
            "purpose": "criminal",
            "case": "26-01234",
            "reason": "car left a burglary on the test road at night",
            "policy": "draft-1",
            "first": self.day - timedelta(days=30),
            "last": self.day,
            "pages_left": 40,
            "made_at": now,
            "expires_at": now + timedelta(hours=1),
        }
        session = client.session
        made = Grant.objects.create(
            **{**fields, **changes}, person=client.person, session=session.session_key
        )
        session["grant"] = made.pk
        session.save()
        return made


def take_in(config: CityConfig, vault: CityVault, camera: FleetCamera, first: int) -> None:
    from alpr_city.reads.models import Camera
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.reads.store import Intake, Store
    from alpr_wire.records import Kind, decode_record

    Camera.objects.get_or_create(
        name=camera.name,
        defaults={
            "signing_key": camera.public,
            "admitted_at": datetime.now(UTC),
            "site": "Test Road",
        },
    )
    store = Store()
    place = store.open_stream(camera.name, camera.stream, camera.heads[0])
    records = [decode_record(e) for e in camera.encodings[first:]]
    epochs = [r.encode() for r in records if r.kind is Kind.EPOCH]
    reads = [asked_of(r) for r in records if r.kind is Kind.READ]
    with vault.vault.lock:
        day_text, answers, patterns = vault.vault.arrive(
            [[camera.name, camera.stream, epochs, reads]]
        )
    day = date.fromisoformat(day_text)
    answered = {row[0]: row for row in answers[0]}
    intake = Intake(day=day)
    for record in records:
        row = answered.get(record.seq)
        opened = row is not None and len(row) == 4
        intake.records.append(
            (
                day,
                place.id,
                record.seq,
                int(record.kind),
                record.encode(),
                row[1] if opened else None,
                row[2] if opened else None,
            )
        )
        if opened:
            intake.tokens += [(day, token, place.id, record.seq) for token in row[3]]
    intake.patterns += [
        (day, name, slot, n, sealed) for n, (name, slot, sealed) in enumerate(patterns)
    ]
    place.seq, place.digest = camera.last, camera.heads[-1]
    place.signature = camera.batch(first).signature
    intake.positions.append(place)
    store.commit(intake)
    pictures = PictureStore(config.files.pictures)
    rows = [
        (place.id, seq, int(picture.kind), picture.data)
        for seq, sealed in camera.pictures.items()
        if seq >= first
        for picture in sealed
    ]
    pictures.put(day, rows)
    pictures.close()


def client_of(config: CityConfig, username: str | None) -> Any:
    from django.contrib.auth import login
    from django.http import HttpRequest
    from django.test import Client
    from django_otp import login as otp_login
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from alpr_city.people.models import Person
    from alpr_city.people.sessions import begin
    from alpr_city.people.views import BACKEND

    class Browser(Client):
        """Speaks TLS, as every browser here does."""

        def generic(self, *args: Any, **kwargs: Any) -> Any:
            return super().generic(*args, **{**kwargs, "secure": True})

    client: Any = Browser(headers={"host": config.web.host})
    client.person = None
    if username is None:
        return client
    person = Person.objects.get(username=username)
    request = HttpRequest()
    request.session, request.user = client.session, person
    login(request, person, backend=BACKEND)
    otp_login(request, TOTPDevice.objects.get(user=person))
    begin(request, person)
    client.cookies["__Host-session"] = request.session.session_key
    client.person = person
    return client


@pytest.fixture(scope="session")
def city_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with people in it, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    made = make_vault(folder / "city")
    config = settings_in(folder)
    connect(config)
    from django.core.management import call_command
    from django.db import connections
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("migrate", verbosity=0)
    with served(config, made):
        people()
    connections["default"].close()
    made.vault.close()
    return config.files.database


def people() -> None:
    """One person for each role, trained, with a password and a second factor."""
    from django.contrib.auth.hashers import make_password
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from alpr_city.people import register

    password = make_password(PASSWORD)
    for username, (role, kind) in ROLES.items():
        name = "City of Testville" if kind == "city" else "Testville Sheriff"
        at = register.organisation(name, kind, "setup")
        person = register.person(username, f"{username.title()} Example", at, "setup")
        person.password = password
        person.save()
        register.appoint(person, role, "setup")
        for course in ("privacy", "system"):
            register.train(person, course, "setup")
        TOTPDevice.objects.create(user=person, name="authenticator", confirmed=True)


def settings_in(folder: Path) -> CityConfig:
    file = folder / "city.toml"
    file.write_text(template("Testville", Path("city"), 1, 2))
    config = load(file)
    config.files.policy.mkdir(parents=True, exist_ok=True)
    config.files.pictures.mkdir(exist_ok=True)
    shutil.copy(EXAMPLE, config.files.policy / "draft-1.toml")
    return config


class served:  # noqa: N801
    """The vault's socket, served by a thread while this lasts."""

    def __init__(self, config: CityConfig, vault: CityVault) -> None:
        self._done = threading.Event()
        roles = {os.getuid(): ROOMS_USED}
        service = Service(vault.vault, config.files.socket, roles, config.files.log_heads)
        self._thread = threading.Thread(target=service.run, args=(self._done.is_set,), daemon=True)
        self._file = config.files.socket

    def __enter__(self) -> None:
        self._thread.start()
        until = time.monotonic() + 60
        while not self._file.exists():
            assert time.monotonic() < until
            time.sleep(0.01)

    def __exit__(self, *_: object) -> None:
        from alpr_city.people import journal

        client = journal._clients.pop(str(self._file), None)
        if client is not None:
            client.close()
        self._done.set()
        self._thread.join(60)


@pytest.fixture
def city(city_template: Path, tmp_path: Path) -> Iterator[Console]:
    """A city with one camera and three reads of today, two with pictures."""
    with standing(city_template, tmp_path) as made:
        yield made


@contextmanager
def standing(city_template: Path, tmp_path: Path) -> Iterator[Console]:
    """Such a city in a folder."""
    made = make_vault(tmp_path / "city")
    config = settings_in(tmp_path)
    shutil.copy(city_template, config.files.database)
    connect(config)
    from django.db import connections

    with served(config, made):
        camera = made.camera()
        for number, text in enumerate(PLATES):
            camera.read(text, pictures=number < 2)
        take_in(config, made, camera, 0)
        yield Console(config, made, datetime.now(UTC).date(), camera)
    connections["default"].close()
    made.vault.close()


def _client(username: str) -> Any:
    @pytest.fixture(name=username)
    def signed_in(city: Console) -> Any:
        return city.client(username)

    return signed_in


officer = _client("officer")
prosecutor = _client("prosecutor")
clerk = _client("clerk")
designee = _client("designee")
auditor = _client("auditor")
administrator = _client("administrator")
maintenance = _client("maintenance")


@pytest.fixture
def stranger(city: Console) -> Any:
    return city.client()
