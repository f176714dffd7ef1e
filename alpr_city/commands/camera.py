"""Cameras: admit one, list them, or put one out.

  alpr-city camera admit cam-one.request --grant cam-one.grant --site "Las Virgenes Rd, north"
  alpr-city camera code cam-one --site "Las Virgenes Rd, north" --by a.person
  alpr-city camera list
  alpr-city camera order cam-one ping --by a.person   (also: pull, pull-picture)
  alpr-city camera revoke cam-one          (also: stolen, decommission)

  alpr-city camera write-off cam-one --why "stolen, report 26-17"

A camera that is written off no longer keeps the seal keys of its unsent reads alive.
A camera that is put out is refused by ingest and at enrolment within seconds; its certificates go
on the revocation list, which the broker's process watches: it ends the session.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

NAME = "camera"
HELP = "admit, list or put out cameras"

_STATES = {
    "revoke": "revoked",
    "stolen": "stolen",
    "decommission": "decommissioned",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    admit = what.add_parser("admit", help="admit the camera of a request")
    admit.add_argument("request", type=Path)
    admit.add_argument("--grant", type=Path, required=True, help="write the answer here")
    admit.add_argument("--site", default="", help="where it stands")
    code = what.add_parser("code", help="issue a one-time code for a camera")
    code.add_argument("camera", metavar="NAME", help="what the camera is to be called")
    code.add_argument("--site", required=True, help="where it stands")
    code.add_argument("--by", required=True, metavar="PERSON", help="who issues it")
    code.add_argument(
        "--second-person",
        action="store_true",
        help="another person must approve its use, even where the policy does not say so",
    )
    approve = what.add_parser("approve", help="approve a code, as the second person")
    approve.add_argument("camera", metavar="NAME")
    approve.add_argument("--by", required=True, metavar="PERSON", help="who approves")
    wanted = what.add_parser("settings", help="want settings on a camera, or see what became")
    wanted.add_argument("camera", metavar="NAME")
    wanted.add_argument("file", type=Path, nargs="?", metavar="FILE.toml")
    wanted.add_argument("--models", type=Path, metavar="FOLDER", help="models that go with them")
    wipe = what.add_parser(
        "wipe", help="have a camera deliver what it holds, then destroy its keys and outbox"
    )
    wipe.add_argument("camera", metavar="NAME")
    order = what.add_parser("order", help="order something of a camera")
    order.add_argument("camera", metavar="NAME")
    order.add_argument("action", choices=("ping", "pull", "pull-picture"))
    order.add_argument("--by", required=True, metavar="PERSON", help="who orders it")
    order.add_argument("--seq", type=int, metavar="N", help="pull from this record, or its picture")
    order.add_argument("--picture", choices=("crop", "overview"), default="crop")
    order.add_argument("--stream", metavar="HEX", help="which stream; else the newest")
    orders = what.add_parser("orders", help="what became of orders")
    orders.add_argument("camera", metavar="NAME")
    orders.add_argument("--json", action="store_true", help="one object for each, a line each")
    listing = what.add_parser("list", help="list cameras")
    listing.add_argument("--json", action="store_true", help="one object for each, a line each")
    off = what.add_parser("write-off", help="put on record that a camera sends nothing more")
    off.add_argument("camera", metavar="NAME")
    off.add_argument("--why", required=True, help="stays in the access log")
    off.add_argument("--stream", metavar="HEX", help="only this stream, as of a broken card")
    for name in _STATES:
        out = what.add_parser(name, help=f"put a camera out as {_STATES[name]}")
        out.add_argument("name")


def user(args: argparse.Namespace) -> str:
    """Settings are signed by the vault."""
    return "alpr-vault" if args.what in ("settings", "wipe", "write-off") else "alpr-ca"


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    config = load(args.config)
    connect(config)
    if args.what == "admit":
        return _admit(args, config)
    if args.what == "list":
        return _list(as_json=args.json)
    if args.what == "code":
        return _code(args, config)
    if args.what in ("settings", "wipe"):
        return _settings(args, config)
    if args.what == "approve":
        return _approve(args, config)
    if args.what in ("order", "orders", "write-off"):
        from alpr_city.orders import people

        if args.what == "write-off":
            return people.write_off(args, config)
        return people.order(args) if args.what == "order" else people.orders(args)
    return _put_out(args, config)


def _admit(args: argparse.Namespace, config: Any) -> int:
    from alpr_city.admission import admit
    from alpr_city.errors import SetupError
    from alpr_city.vault.client import VaultClient

    try:
        grant = admit(
            config, args.request.read_bytes(), VaultClient(config.files.socket), site=args.site
        )
        args.grant.write_bytes(grant.encode())
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}") from error
    print(f"{grant.camera}: admitted. Bring {args.grant} to the camera, and this fingerprint:")
    print(grant.fingerprint)
    return 0


def _list(*, as_json: bool) -> int:
    from alpr_city.reads.models import Camera, Stream

    for camera in Camera.objects.order_by("name"):
        streams = Stream.objects.filter(camera=camera)
        records = sum(s.seq + 1 for s in streams)
        row = {
            "camera": camera.name,
            "state": camera.state,
            "online": camera.online,
            "site": camera.site,
            "records": records,
            "heard_at": camera.heard_at.isoformat() if camera.heard_at else None,
        }
        if as_json:
            print(json.dumps(row))
        else:
            said = "online" if camera.online else "offline"
            print(
                f"{camera.name:24} {camera.state:12} {said:8} {records:>9} records  {camera.site}"
            )
    return 0


def _put_out(args: argparse.Namespace, config: Any) -> int:
    from alpr_city.enrolment.opening import put_out
    from alpr_city.errors import SetupError
    from alpr_city.reads.models import Camera

    if not Camera.objects.filter(name=args.name).exists():
        raise SetupError(f"{args.name}: no such camera", fix="`alpr-city camera list`")
    count = put_out(config, args.name, _STATES[args.what])
    print(
        f"{args.name}: {_STATES[args.what]}; {count} certificates revoked. Ingest, enrolment and"
        " broker refuse it from now on"
    )
    return 0


def _code(args: argparse.Namespace, config: Any) -> int:
    from alpr_city.enrolment.opening import issue_code
    from alpr_city.policy import in_force

    second = args.second_person or in_force().enrolment_second_person
    print(issue_code(config, camera=args.camera, site=args.site, by=args.by, second_person=second))
    print("good for 30 minutes, once. It is not shown again.", file=sys.stderr)
    if second:
        print(
            f"another person approves it: alpr-city camera approve {args.camera} --by PERSON",
            file=sys.stderr,
        )
    return 0


def _settings(args: argparse.Namespace, config: Any) -> int:
    from alpr_city.enrolment.opening import want, wishes_of
    from alpr_city.errors import SetupError
    from alpr_city.reads.models import Camera

    if not Camera.objects.filter(name=args.camera).exists():
        raise SetupError(f"{args.camera}: no such camera", fix="`alpr-city camera list`")
    if args.what == "wipe":
        want(config, args.camera, "", farewell=True)
        print(f"{args.camera}: wanted; `alpr-city camera list` says decommissioned once it is done")
        return 0
    if args.file is None:
        from alpr_city.orders.people import settings_outcome

        print(json.dumps(settings_outcome(wishes_of(config), args.camera)))
        return 0
    try:
        settings = args.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{args.file}: cannot be read ({error})") from error
    want(config, args.camera, settings, bundle=_bundle(args.models))
    print(f"{args.camera}: wanted; sent once it is online, and what becomes of it shows here")
    return 0


def _bundle(folder: Path | None) -> bytes:
    """The models of a folder, for a camera; nothing where none is named."""
    from alpr_city.errors import SetupError
    from alpr_wire.bundles import ALLOWED, pack
    from alpr_wire.errors import WireError

    if folder is None:
        return b""
    try:
        files = {n: (folder / n).read_bytes() for n in ALLOWED if (folder / n).exists()}
        return pack(files)
    except OSError as error:
        raise SetupError(f"{error.filename}: cannot be read ({error.strerror})") from error
    except WireError as error:
        raise SetupError(f"{folder}: {error}", fix="name a folder of models") from error


def _approve(args: argparse.Namespace, config: Any) -> int:
    from alpr_city.enrolment.codes import codes_of

    codes_of(config).approve(args.camera, by=args.by)
    print(f"{args.camera}: approved; the camera goes on by itself")
    return 0
