"""The commissioning sheet: how a camera was left, signed with the key that signs its chain."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_edge.aim.session import Shown
from alpr_edge.config import EdgeConfig
from alpr_edge.config import text as settings_text
from alpr_edge.errors import InputError

SCHEMA = 1
_LABEL = b"alpr/1/commissioning-sheet\0"
MOST_BYTES = 1 << 20


def fill(
    shown: Shown, *, camera: str, by: str, config: EdgeConfig, models: tuple[str, ...], road: bytes
) -> dict[str, Any]:
    """What the sheet says. `road` is the baseline picture's bytes."""
    return {
        "schema": SCHEMA,
        "camera": camera,
        "technician": by,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "passes": shown.passes,
        "frames": shown.frames,
        "picture": list(shown.size_wh),
        "fastest_mph": config.scene.max_mph,
        "lanes": [
            {
                "lane": lane.number,
                "passes": lane.passes,
                "plates": lane.plates,
                "meters": [
                    {
                        "name": m.name,
                        "value": m.value,
                        "at_least" if m.at_least else "at_most": m.limit,
                        "unit": m.unit,
                        "good": m.good,
                    }
                    for m in lane.meters
                ],
            }
            for lane in shown.lanes
        ],
        "unmeasured": list(shown.unmeasured),
        "models": list(models),
        "settings_sha256": hashlib.sha256(settings_text(config).encode()).hexdigest(),
        "baseline_sha256": hashlib.sha256(road).hexdigest(),
    }


def sign(sheet: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """The sheet as signed JSON."""
    whole = {
        "sheet": sheet,
        "signing_key": key.public_key().public_bytes_raw().hex(),
        "signature": key.sign(_bytes(sheet)).hex(),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def verify(path: Path) -> dict[str, Any]:
    """The sheet of a file, whose signature holds; whose key it is, the city's register knows.

    Raises:
        InputError: It is no sheet, or was changed after it was signed.
    """
    try:
        with path.open("rb") as file:
            whole = json.loads(file.read(MOST_BYTES))
        sheet = whole["sheet"]
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(whole["signing_key"]))
        key.verify(bytes.fromhex(whole["signature"]), _bytes(sheet))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except InvalidSignature as error:
        raise InputError(f"{path}: was changed after it was signed", fix="aim again") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: is no commissioning sheet") from error
    return dict(sheet) | {"signing_key": whole["signing_key"]}


def pdf(sheet: dict[str, Any], signature_of: str, path: Path) -> None:
    """The sheet for people; `signature_of` names the JSON file that proves it."""
    from fpdf import FPDF

    page = FPDF()
    page.set_title(f"Commissioning sheet of {sheet['camera']}")
    page.add_page()
    page.set_font("Helvetica", "B", 16)
    verdict = "PASSES" if sheet["passes"] else "DOES NOT PASS"
    page.cell(0, 10, _latin(f"Camera {sheet['camera']}: {verdict}"), new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", size=10)
    for line in (
        f"Commissioned {sheet['at']} by {sheet['technician']}",
        f"{sheet['frames']} frames of {sheet['picture'][0]} x {sheet['picture'][1]} px;"
        f" traffic up to {sheet['fastest_mph']:g} mph",
    ):
        page.cell(0, 6, _latin(line), new_x="LMARGIN", new_y="NEXT")
    for lane in sheet["lanes"]:
        page.ln(4)
        page.set_font("Helvetica", "B", 12)
        said = "passes" if lane["passes"] else "does not pass"
        head = f"Lane {lane['lane']}: {said} ({lane['plates']} plates)"
        page.cell(0, 8, head, new_x="LMARGIN", new_y="NEXT")
        page.set_font("Helvetica", size=10)
        with page.table(col_widths=(40, 25, 35, 20), text_align="LEFT") as table:
            table.row(("meter", "value", "limit", ""))
            for m in lane["meters"]:
                bound = "at_least" if "at_least" in m else "at_most"
                limit = f"{bound.replace('_', ' ')} {m[bound]:g}"
                table.row(
                    (
                        m["name"],
                        _latin(f"{m['value']:g} {m['unit']}"),
                        _latin(f"{limit} {m['unit']}"),
                        "good" if m["good"] else "BAD",
                    )
                )
    page.ln(4)
    for what in sheet["unmeasured"]:
        page.cell(0, 6, _latin(f"Not measured: {what}"), new_x="LMARGIN", new_y="NEXT")
    page.ln(2)
    page.set_font("Helvetica", size=8)
    small = [f"models {', '.join(sheet['models'])}"]
    small += [f"{name} {sheet[name]}" for name in ("settings_sha256", "baseline_sha256")]
    small.append(f"Signed by the camera's key in {signature_of}: alpr-edge aim --verify FILE")
    for line in small:
        page.multi_cell(0, 4, _latin(line), new_x="LMARGIN", new_y="NEXT")
    page.output(str(path))


def _bytes(sheet: dict[str, Any]) -> bytes:
    canonical = json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _LABEL + canonical.encode()


def _latin(text: str) -> str:
    """The PDF's own fonts know Latin-1 alone."""
    return text.encode("latin-1", "replace").decode("latin-1")
