"""What of mosquitto's own words is worth a line: whom it refused and why, once an hour for each.

It tells of a refused topic only among its debugging lines, of which every message causes some. So
all are read here, and nearly all are dropped. What a stranger chose, a topic or a client id that is
no camera's, is never repeated.
"""

from __future__ import annotations

import re
import time

from alpr_wire.topics import CAMERA_NAME

AGAIN_S = 3600.0
MOST_KEPT = 1000
"""Different lines remembered; a stranger cannot make more."""
_STAMP = re.compile(r"^\d+: ")
_TLS = re.compile(r"(?:SSL|TLS)[^:]*::?(?P<why>[a-z ]+?)\.?$")
_DENIED = re.compile(r"^Denied (?P<what>PUBLISH|SUBSCRIBE) from (?P<who>\S+)")
_LARGE = re.compile(r"^Dropped too large PUBLISH from (?P<who>\S+)")
_ENDED = re.compile(r"^Client (?P<who>\S+) disconnected: (?P<why>[A-Za-z ]+)\.?$")
_OURS = ("Error", "Warning", "mosquitto version", "Unable")
_MEANING = {
    "peer did not return a certificate": "no certificate",
    "certificate verify failed": "a certificate of another authority, expired or revoked",
    "wrong version number": "no TLS",
    "http request": "no TLS",
    "unsupported protocol": "TLS older than 1.3",
}


class Refusals:
    """Reads the broker's lines, one at a time."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, int]] = {}

    def heard(self, line: str, now_s: float | None = None) -> str | None:
        """What to log of a line, or None."""
        text = _STAMP.sub("", line.strip())
        said = _worth(text)
        if said is None:
            return None
        now_s = time.monotonic() if now_s is None else now_s
        at_s, unsaid = self._said.pop(said, (float("-inf"), 0))
        if now_s - at_s < AGAIN_S:
            self._said[said] = at_s, unsaid + 1
            return None
        self._said[said] = now_s, 0
        if len(self._said) > MOST_KEPT:
            self._said.pop(next(iter(self._said)))
        return f"{said} ({unsaid} more since it was last said)" if unsaid else said


def _worth(text: str) -> str | None:
    if text.startswith(("Received ", "Sending ", "\t", "New ", "No will")):
        return None  # nearly all of them
    if text.startswith(_OURS):
        return text[:300]
    if "OpenSSL Error" in text or " failed: error:" in text:
        found = _TLS.search(text)
        why = "TLS failed" if found is None else found["why"].strip()
        # A session that just ends, as after a probe of the port, is no refusal.
        if why.startswith("unexpected eof"):
            return None
        return f"a session was refused: {_MEANING.get(why, why)}"
    if found := _DENIED.match(text):
        return f"{_name(found['who'])}: refused a topic that is not its own"
    if found := _LARGE.match(text):
        return f"{_name(found['who'])}: refused a message that is too long"
    found = _ENDED.match(text)
    if found is not None and found["who"] != "<unknown>":
        return f"{_name(found['who'])}: session ended: {found['why'].lower()}"
    return None


def _name(who: str) -> str:
    return who if CAMERA_NAME.fullmatch(who) else "a client"
