"""A security key in software: registered by who is signed in, of use only after the password."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.city.console import PASSWORD, Console

HOST = "localhost"
ORIGIN = "https://localhost:8443"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """An ES256 authenticator, as WebAuthn level 3 describes it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self._count = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self._private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = {"fmt": "none", "attStmt": {}, "authData": self._data(0x45) + attested}
        client = self._client("webauthn.create", options)
        response = {"clientDataJSON": b64(client), "attestationObject": b64(cbor2.dumps(data))}
        return self._credential(response | {"transports": ["usb"]})

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        client, data = self._client("webauthn.get", options), self._data(0x05)
        signed = self._private.sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._credential(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signed),
                "userHandle": None,
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + self._count.to_bytes(4)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": ORIGIN}
        ).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def post(client: Any, page: str, body: object = None) -> Any:
    kind = "application/json"
    return client.post(f"/people/key/{page}/", json.dumps(body or {}), content_type=kind)


def registered(city: Console, username: str) -> Key:
    client, key = city.client(username), Key()
    options = post(client, "registration/begin").json()
    answer = post(client, "registration/complete", key.register(options))
    assert answer.status_code == 200, answer.content
    return key


def half(city: Console, username: str) -> Any:
    client = city.client()
    client.post("/people/sign-in/", {"username": username, "password": PASSWORD})
    return client


def test_a_key_alone_opens_nothing(city: Console) -> None:
    registered(city, "officer")
    assert post(city.client(), "authentication/begin").status_code == 403


def test_a_stranger_registers_no_key(city: Console, stranger: Any) -> None:
    assert post(stranger, "registration/begin").status_code == 302
    assert post(half(city, "officer"), "registration/begin").status_code == 302


def test_password_and_key_sign_in_and_are_on_record(city: Console) -> None:
    key, client = registered(city, "officer"), half(city, "officer")
    assert "Use a security key" in client.get("/people/code/").content.decode()
    options = post(client, "authentication/begin").json()
    answer = post(client, "authentication/complete", key.sign(options))
    assert answer.status_code == 200, answer.content
    assert answer.json()["redirect_url"] == "/"
    assert client.get("/").status_code == 200
    notes = [e[3][2] for e in city.log() if e[2] in ("people.sign-in", "people.factors")]
    assert notes[-2:] == ["adds a security key", "signed in by key"]


def test_anothers_key_signs_nobody_in(city: Console) -> None:
    registered(city, "officer")
    key, client = registered(city, "prosecutor"), half(city, "officer")
    options = post(client, "authentication/begin").json()
    assert post(client, "authentication/complete", key.sign(options)).status_code >= 400
    assert client.get("/").status_code == 302


def test_an_answer_works_once_and_only_for_its_challenge(city: Console) -> None:
    key, client = registered(city, "officer"), half(city, "officer")
    old = key.sign(post(client, "authentication/begin").json())
    post(client, "authentication/begin")
    assert post(client, "authentication/complete", old).status_code >= 400
    assert client.get("/").status_code == 302
    assert urlsafe_b64decode(old["id"] + "==") == key.id


@pytest.mark.parametrize("body", [b"\xe9\xe9\xe9", b"{]", b"[]", b"null", b"[" * 100_000])
def test_what_is_no_answer_is_refused_as_malformed(city: Console, body: bytes) -> None:
    half, whole = city.client(), city.client("officer")
    half.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    for client, way in ((half, "authentication"), (whole, "registration")):
        for step in ("begin", "complete"):
            address = f"/people/key/{way}/{step}/"
            answer = client.post(address, body, content_type="application/json")
            assert answer.status_code in (302, 400), (way, step)
            assert b"Traceback" not in answer.content
