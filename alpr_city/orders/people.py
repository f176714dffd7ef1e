"""`alpr-city camera order` and `orders`: what people order of a camera, and what became of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from alpr_city.cameras.models import Order
from alpr_city.config import CityConfig
from alpr_city.enrolment.wishes import Wishes
from alpr_city.errors import SetupError
from alpr_city.orders.minder import ask
from alpr_city.orders.told import told_by
from alpr_city.reads.models import Camera, Stream
from alpr_city.vault.client import VaultClient
from alpr_wire.commands import Action
from alpr_wire.records import STREAM_BYTES, Picture

KINDS = {"crop": Picture.CROP, "overview": Picture.OVERVIEW}
MOST_SHOWN = 20


def order(args: argparse.Namespace) -> int:
    """Leave an order.

    Raises:
        SetupError: No such camera or stream, or no record is named.
    """
    camera = _camera(args.camera)
    if camera.state != Camera.State.ACTIVE:
        raise SetupError(f"{args.camera} is {camera.state} and takes no orders")
    action = Action(args.action)
    arguments: dict[int, int | bytes] = {}
    if action is not Action.PING:
        if args.seq is None or args.seq < 0:
            raise SetupError(f"{action} needs a record", fix="add --seq N")
        arguments = {1: _stream(camera, args.stream), 2: args.seq}
    if action is Action.PULL_PICTURE:
        arguments[3] = int(KINDS[args.picture])
    ask(camera, action, arguments, args.by)
    said = "" if camera.online else ", which is offline: it goes when the camera is back"
    print(f"{action} for {camera.name}{said}; `alpr-city camera orders {camera.name}` shows it")
    return 0


def orders(args: argparse.Namespace) -> int:
    """Show the newest orders, newest first."""
    camera = _camera(args.camera)
    for row in Order.objects.filter(camera=camera).order_by("-pk")[:MOST_SHOWN]:
        state = row.outcome or ("sent" if row.sent_at else "waiting")
        if args.json:
            print(
                json.dumps(
                    {
                        "action": row.action,
                        "by": row.by,
                        "asked_at": row.asked_at.isoformat(),
                        "state": state,
                        "why": row.why,
                    }
                )
            )
            continue
        why = f": {row.why}" if row.why else ""
        print(f"{row.asked_at:%Y-%m-%d %H:%M:%S} UTC  {row.action:14} {row.by:16} {state}{why}")
    return 0


def write_off(args: argparse.Namespace, config: CityConfig) -> int:
    """Put on record that a camera, or a stream of it, sends nothing more.

    Raises:
        SetupError: The camera is in service and no stream is named.
        VaultError: The vault does not know it.
    """
    camera = _camera(args.camera)
    stream = None if args.stream is None else _stream(camera, args.stream)
    if stream is None and camera.state == Camera.State.ACTIVE:
        raise SetupError(
            f"{args.camera} is in service", fix="put it out first, or name one --stream of it"
        )
    VaultClient(config.files.socket).call("write_off", camera.name, args.why, stream)
    print(f"{args.camera}: written off, on record; the next `keys rotate` heeds it")
    return 0


def settings_outcome(wishes: Wishes, camera: str) -> dict[str, Any] | None:
    """What became of the last settings, by whichever way the camera told it last."""
    fetched = wishes.outcome(camera)
    health = _camera(camera).health
    told = told_by(None if health is None else bytes(health)).settings
    if told is None or (fetched is not None and fetched["number"] >= told.number):
        return fetched
    return asdict(told)


def _camera(name: str) -> Camera:
    found: Camera | None = Camera.objects.filter(name=name).first()
    if found is None:
        raise SetupError(f"{name}: no such camera", fix="`alpr-city camera list`")
    return found


def _stream(camera: Camera, given: str | None) -> bytes:
    if given is None:
        row = Stream.objects.filter(camera=camera).order_by("-last_at").first()
        if row is None:
            raise SetupError(f"{camera.name} has sent nothing yet", fix="name the --stream")
        return bytes(row.stream)
    try:
        stream = bytes.fromhex(given)
    except ValueError:
        stream = b""
    if len(stream) != STREAM_BYTES:
        raise SetupError(f"{given}: no stream", fix=f"{2 * STREAM_BYTES} hexadecimal digits")
    return stream
