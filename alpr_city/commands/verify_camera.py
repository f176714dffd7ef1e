"""Check every record that is stored of a camera, from the camera's signature on.

Each sequence number is stored, in a gap that the camera put on record, or under a purge
certificate. Finds what was inserted, removed, changed, reordered or forked, and a database that
ends before what the vault has receipted. With `--searchable` the vault opens each read as well and
says whether a search would find it; a read takes it a fifth of a millisecond. Exit code 1 where
something does not hold.
"""

from __future__ import annotations

import argparse
import json
from datetime import date

NAME = "verify-camera"
HELP = "check the chain of a camera's records"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("camera", metavar="CAM")
    parser.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--json", action="store_true", help="one object for each stream")
    parser.add_argument(
        "--without-vault",
        action="store_true",
        help="do not ask the vault what it receipted; a shortened database then passes",
    )
    parser.add_argument(
        "--searchable",
        action="store_true",
        help="also check that a search finds each read (slow; nothing is shown)",
    )


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Check it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.errors import SetupError
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    connect(config)
    from alpr_city.proof.chains import verify_camera
    from alpr_city.proof.findable import unfindable
    from alpr_city.reads.models import Camera

    if not Camera.objects.filter(name=args.camera).exists():
        raise SetupError(f"{args.camera}: no such camera", fix="`alpr-city camera list`")
    receipts = log_key = None
    if args.searchable and args.without_vault:
        raise SetupError("only the vault can say what a search finds", fix="leave one option out")
    hidden: list[str] = []
    if not args.without_vault:
        vault = VaultClient(config.files.socket)
        told, log_key = vault.call("receipts", args.camera), vault.call("log_key")
        if args.searchable:
            hidden = list(unfindable(args.camera, vault, args.day))
        receipts = {bytes(stream): (seq, digest) for stream, (seq, digest) in told.items()}
    verdicts = verify_camera(args.camera, receipts, args.day, log_key)
    for verdict in verdicts:
        if args.json:
            print(
                json.dumps(
                    {
                        "camera": args.camera,
                        "stream": verdict.stream.hex(),
                        "records": verdict.records,
                        "gap": verdict.gap,
                        "purged": verdict.purged,
                        "last_seq": verdict.last_seq,
                        "faults": verdict.faults,
                    }
                )
            )
            continue
        short = verdict.stream.hex()[:8]
        for fault in verdict.faults:
            print(f"stream {short}: {fault}")
        if not verdict.faults:
            print(
                f"stream {short}: {verdict.records} records hold, {verdict.gap} in gaps on record,"
                f" {verdict.purged} purged"
            )
    for fault in hidden:
        print(json.dumps({"camera": args.camera, "fault": fault}) if args.json else fault)
    if args.searchable and not hidden and not args.json:
        print("a search finds every read")
    if not verdicts and not args.json:
        print(f"{args.camera}: nothing was received yet")
    return 1 if hidden or any(v.faults for v in verdicts) else 0
