"""Help aim this camera: meters for every lane, pass or fail, and a signed sheet at the end.

Stop capture first, so that the camera is free: sudo systemctl stop alpr-edge-capture.

  sudo alpr-edge aim --lanes 2 --by "A. Technician" --sheet commissioning
  sudo alpr-edge aim --page            also as a page, through: ssh -L PORT:127.0.0.1:PORT camera
  alpr-edge aim --verify commissioning.json

Texts are always masked; nothing is kept but the sheet (JSON and PDF) and the baseline of the empty
road. Ends on Ctrl-C, with a recording, or by itself after fifteen minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.errors import EXIT_FAILED, EXIT_OK, AlprError

if TYPE_CHECKING:
    from alpr_edge.aim.session import Session
    from alpr_edge.config import EdgeConfig

NAME = "aim"
HELP = "help aim this camera, and commission it"

SHOW_S = 1.0
CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--lanes", type=_lanes, default=1, metavar="N", help="lanes, left to right")
    parser.add_argument("--by", default="", metavar="NAME", help="who commissions the camera")
    parser.add_argument(
        "--sheet", type=Path, metavar="STEM", help="write STEM.json and STEM.pdf, and the baseline"
    )
    parser.add_argument("--page", action="store_true", help="also a page on the loopback address")
    parser.add_argument("--port", type=int, default=0, help="of the page; a free one otherwise")
    parser.add_argument("--verify", type=Path, metavar="FILE", help="check a sheet and show it")


def run(args: argparse.Namespace) -> int:
    """Aim until told to stop; 1 where a lane does not pass."""
    if args.verify:
        from alpr_edge.aim.sheet import verify

        print(json.dumps(verify(args.verify), indent=1, ensure_ascii=False))
        return EXIT_OK
    from alpr_edge.aim.session import Session
    from alpr_edge.capture.source import open_source
    from alpr_edge.config import load
    from alpr_edge.recognize.recognizer import SHIPPED, Recognizer

    config = load(args.config)
    recognizer = Recognizer.load(
        config.recognize.models or SHIPPED, threads=config.recognize.threads
    )
    source = open_source(config)
    session = Session(source, recognizer.detector, lanes=args.lanes, mph=config.scene.max_mph)
    try:
        _look(session, args)
    finally:
        source.close()
    if session.shown is None:
        raise AlprError("no frame came", fix="alpr-edge health --check frames")
    if args.sheet is not None:
        _commission(session, args, config, recognizer.labels)
    return EXIT_OK if session.shown.passes else EXIT_FAILED


def _look(session: Session, args: argparse.Namespace) -> None:
    from alpr_edge.aim.page import Page
    from alpr_edge.aim.terminal import text

    page = Page(session, args.port) if args.page else None
    if page is not None:
        print(f"http://127.0.0.1:{page.port}/  PIN {page.pin}", file=sys.stderr)
    shown_s = float("-inf")
    try:
        while session.step():
            if time.monotonic() - shown_s >= SHOW_S and session.shown is not None:
                shown_s = time.monotonic()
                if sys.stdout.isatty():
                    print(CLEAR + text(session.shown), flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        if page is not None:
            page.close()
    if session.shown is not None:
        print(text(session.shown))


def _commission(
    session: Session, args: argparse.Namespace, config: EdgeConfig, models: tuple[str, ...]
) -> None:
    from alpr_edge.aim import sheet
    from alpr_edge.buffer.identity import load_identity
    from alpr_edge.capture.view import save_baseline

    shown, road = session.shown, session.background
    identity = load_identity(config.outbox.identity)
    if shown is None or road is None:
        raise AlprError("the empty road was not seen long enough", fix="aim for half a minute")
    baseline, numbers = config.health.baseline, config.health.baseline.with_suffix(".json")
    stem = args.sheet
    try:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        save_baseline(baseline, road)
        filled = sheet.fill(
            shown,
            camera=identity.camera,
            by=args.by,
            config=config,
            models=models,
            road=baseline.read_bytes(),
        )
        numbers.write_text(
            json.dumps(
                {
                    "schema": 1,
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "sharpness": shown.sharpness,
                    "brightness": shown.brightness,
                }
            )
        )
        signed = stem.with_name(stem.name + ".json")
        signed.write_text(sheet.sign(filled, identity.signing_key))
        sheet.pdf(filled, signed.name, stem.with_name(stem.name + ".pdf"))
    except OSError as error:
        raise AlprError(f"{error.filename}: cannot be written ({error.strerror})") from error
    print(f"{signed}: signed by this camera's key; the baseline is {baseline}")


def _lanes(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 6:
        raise argparse.ArgumentTypeError(f"must be 1 to 6, got {number}")
    return number
