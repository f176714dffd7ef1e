"""Hostile requests for every address of the console: `python -m tests.city.web.fuzz 100000 1`.

By the map of addresses, since server-rendered pages have no schema: every address, as every role
and as nobody, with hostile strings where the pages have fields, wrong encodings, large and broken
bodies, stale forms, tampered cookies and sessions of another time. Allowed are a page or a refusal,
with the strict headers; never a failure of ours, a plate for who may see none, a plate without a
record, a string that comes back as markup, or a read that is gone.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from alpr_city.policy.load import load
from alpr_city.policy.rights import PLATES
from alpr_city.policy.store import EXAMPLE
from tests.city.console import PLATES as TEXTS
from tests.city.console import ROLES, Console, city_template, standing
from tests.city.web.test_routes import VALUES, needed, routes

MARKUP = "<script>alert(1)</script>"
STRINGS = [
    "", " ", "\x00", "0", "-1", "9" * 400, "1e309", "NaN", "None", "true", "' OR 1=1 --", MARKUP,
    f'"><img src=x onerror=alert(1)>{MARKUP}', "{{ 7*7 }}", "{% debug %}", "%00", "%s%n", "../" * 9,
    "\u202e\u0000\ufeff", "e\u0301" * 200, "\U0001f600", "\ud800", "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: a=b",
    "//evil.example/", "javascript:alert(1)", "2026-02-30", "0001-01-01", "9999-12-31", "24:61",
    "*" * 16, "?" * 16, "[" * 16, "(a+)+$", "criminal", "26-01234", *TEXTS,
]  # fmt: skip
TYPES = [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=no-such", "multipart/form-data; boundary=x",
    "multipart/form-data", "application/json", "text/xml; charset=utf-7", "", "\u00e9/\u00e9",
]  # fmt: skip
METHODS = [*["GET"] * 7, *["POST"] * 14, "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
GOOD = {
    "door:why": {"purpose": "criminal", "case": "26-01234", "first": "2026-01-01",
                 "last": "2026-01-02", "reason": "silver saloon left a burglary on Mureau Road"},
    "search:search": {"plate": TEXTS[0]},
    "search:partial": {"pattern": "0TEST*", "first": "2026-01-01", "last": "2026-01-02"},
    "search:place": {"camera": "cam-one", "since": "2026-01-01T00:00", "until": "2026-01-01T09:00"},
    "search:chosen": {"read": "cam-one/00/2", "do": "hold"},
    "search:recipients": {"name": "A. Recipient", "agency": "chp", "key": "PEM"},
    "retention:place": {"basis": "civil", "description": "a", "custodian": "b",
                        "review_on": "2099-01-01"},
    "corrections:check": {"do": "correct", "text": "0TEST01", "region": "us-ca",
                          "verdict": "text", "reason": "seen"},
    "people:people": {"username": "a.person", "name": "A", "organisation": "City", "kind": "city"},
    "people:change": {"do": "appoint", "role": "maintenance", "reason": "new"},
    "people:training": {"username": "officer", "course": "privacy"},
    "logbook:log": {"user": "officer", "first": "2026-01-01", "last": "2026-01-02", "before": "9"},
    "logbook:unmask": {"seq": "1", "reason": "monthly audit of the log"},
    "cameras:edit": {"site": "x", "direction": "north", "latitude": "34", "longitude": "-118",
                     "speed_limit_mph": "35"},
    "people:sign-in": {"username": "officer", "password": "wrong wrong wrong"},
    "people:code": {"code": "000000"},
}  # fmt: skip
"""Forms that a page takes, or nearly; one field of them is made hostile."""
FAR_S = (-(2.0**40), -86400.0, -901.0, -61.0, 61.0, 86400.0, 2.0**40, float("inf"), float("nan"))
LARGE = 10 << 20


class Fuzzer:
    """One city under fire; the same seed asks the same."""

    def __init__(self, city: Console, seed: int) -> None:
        self._city, self._chance = city, random.Random(seed)
        policy = load(EXAMPLE)
        self._sees = {w: bool(policy.roles[r].rights & PLATES) for w, (r, _) in ROLES.items()}
        rights = {w: policy.roles[r].rights for w, (r, _) in ROLES.items()}
        self._pages = [
            (
                name,
                pattern,
                [w for w in ROLES if needed(view) in rights[w]] or ["nobody", "officer"],
            )
            for name, pattern, view in routes()
        ]
        self._clients: dict[str, Any] = {}
        self._fields = self._names()
        self.answers: Counter[int] = Counter()
        self.faults: list[str] = []

    def run(self, count: int) -> None:
        """Ask so often."""
        for number in range(count):
            self._one(number)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM record WHERE wrapped IS NOT NULL")
            if cursor.fetchone()[0] != len(TEXTS):
                self.faults.append("a read is gone")
        from alpr_city.vault.access_log import verify

        with self._city.vault.vault.lock:
            self.faults += verify(self._city.vault.vault.log.path)

    def _one(self, number: int) -> None:
        chance = self._chance
        name, pattern, entitled = chance.choice(self._pages)
        who = chance.choice(entitled if chance.random() < 0.8 else [*ROLES, "nobody"])
        client = self._client(who)
        address, method = self._address(pattern), chance.choice(METHODS)
        how = self._body(method, name)
        skewed = who != "nobody" and chance.random() < 0.05
        if skewed:
            self._skew(client)
        if chance.random() < 0.05:
            client.cookies[chance.choice(["__Host-session", "__Host-csrf"])] = self._cookie()
            self._clients.pop(who)
        before = len(self._city.vault.vault.log)
        answer = client.generic(method, address, **how)
        told = f"{number}: {method} {name} as {who}"
        self._judge(told, who, answer, before)
        if who != "nobody" and "/people/sign-in/" in answer.get("Location", ""):
            self._clients.pop(who, None)  # signed out, or another session took its place
        if skewed:
            self._clients.pop(who, None)

    def _judge(self, told: str, who: str, answer: Any, before: int) -> None:
        self.answers[answer.status_code] += 1
        content = b"" if answer.streaming else answer.content
        answer.close()
        if answer.status_code >= 500 and answer.status_code != 503:
            self.faults.append(f"{told}: {answer.status_code}")
        for bad in (b"Traceback", b"SECRET_KEY", MARKUP.encode(), b"49}}"):
            if bad in content:
                self.faults.append(f"{told}: {bad!r} comes back")
        html = "html" in answer.get("Content-Type", "")
        if html and content and b"<h1>" not in content:
            self.faults.append(f"{told}: no clear page")
        for header in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"):
            if header not in answer:
                self.faults.append(f"{told}: no {header}")
        shown = re.findall(rb"<img[^>]*base64|class=\"plate\">[^<]", content)
        if shown and not self._sees.get(who):
            self.faults.append(f"{told}: a plate is shown")
        if shown and len(self._city.vault.vault.log) <= before:
            self.faults.append(f"{told}: a plate is shown without a record")

    def _client(self, who: str) -> Any:
        if who not in self._clients:
            from axes.models import AccessAttempt

            AccessAttempt.objects.all().delete()
            client = self._city.client(None if who == "nobody" else who)
            client.raise_request_exception = False
            client.handler.enforce_csrf_checks = self._chance.random() < 0.1
            if who != "nobody":
                session = client.session
                session["proved_s"] = time.time()
                session.save()
            if self._sees.get(who):
                self._city.grant(client, pages_left=1000)
            self._clients[who] = client
        return self._clients[who]

    def _skew(self, client: Any) -> None:
        session = client.session
        for field in ("seen_s", "began_s", "proved_s", "half_s"):
            if self._chance.random() < 0.5:
                session[field] = time.time() + self._chance.choice(FAR_S)
        session.save()

    def _names(self) -> list[str]:
        """Fields of every form, from the templates and the forms themselves."""
        import alpr_city

        found = {"page", "next", "do", "csrfmiddlewaretoken"}
        root = Path(alpr_city.__file__).parent
        for file in [*root.rglob("*.html"), *root.rglob("forms.py"), *root.rglob("views.py")]:
            text = file.read_text()
            found |= set(re.findall(r'name="(\w+)"', text))
            found |= set(re.findall(r"^    (\w+) = forms\.", text, re.M))
        return sorted(found)

    def _string(self) -> str:
        chance = self._chance
        if chance.random() < 0.7:
            return chance.choice(STRINGS)
        return "".join(chr(chance.randrange(1, 0x3000)) for _ in range(chance.randint(1, 40)))

    def _cookie(self) -> str:
        """Something that a browser could send."""
        return "".join(c for c in self._string() if " " <= c < "\x7f" and c not in '",;\\')

    def _address(self, pattern: str) -> str:
        real = {"camera": "cam-one", "name": "cam-one", "stream": self._city.camera.stream.hex(),
                "seq": "2", "username": "officer", "number": "1", "run": "1"}  # fmt: skip

        def one(found: re.Match[str]) -> str:
            if found[2] in real and self._chance.random() < 0.5:
                return real[found[2]]
            if self._chance.random() < 0.3:
                return VALUES.get(found[1] or "str", "x")
            return quote(self._string(), safe="", errors="surrogatepass")

        address = re.sub(r"<(?:(\w+):)?(\w+)>", one, pattern)
        if self._chance.random() < 0.3:
            value = quote(self._string(), errors="surrogatepass")
            address += f"?{self._chance.choice(self._fields)}={value}"
        return address

    def _body(self, method: str, name: str) -> dict[str, Any]:
        chance = self._chance
        if method in ("GET", "HEAD"):
            return {}
        if chance.random() < 0.01:
            return {"data": b"reason=" + b"x" * LARGE, "content_type": TYPES[0]}
        form = {chance.choice(self._fields): self._string() for _ in range(chance.randint(0, 12))}
        if name in GOOD and chance.random() < 0.7:
            form = dict(GOOD[name])
            for _ in range(chance.randint(0, 2)):
                form[chance.choice(list(form))] = self._string()
        kind = chance.random()
        if kind < 0.6:
            body = urlencode(form, errors="surrogatepass")
            return {"data": body.encode(), "content_type": TYPES[0]}
        if kind < 0.8:
            from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

            plain = {k: v.encode(errors="replace").decode() for k, v in form.items()}
            body = encode_multipart(BOUNDARY, plain)
            cut = chance.randrange(len(body) + 1) if chance.random() < 0.3 else len(body)
            return {"data": body[:cut], "content_type": MULTIPART_CONTENT}
        return {
            "data": chance.randbytes(chance.randint(0, 300)),
            "content_type": chance.choice(TYPES),
        }


def main(count: int, seed: int) -> int:
    """Fuzz a throwaway city and say what came of it."""
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "city").mkdir()

        class Folders:
            @staticmethod
            def mktemp(part: str) -> Path:
                (folder / part).mkdir()
                return folder / part

        template = city_template.__wrapped__(Folders())  # type: ignore[attr-defined]
        with standing(template, folder / "city") as city:
            fuzzer = Fuzzer(city, seed)
            began = time.monotonic()
            fuzzer.run(count)
    took = time.monotonic() - began
    said = ", ".join(f"{n} times {status}" for status, n in sorted(fuzzer.answers.items()))
    print(f"console: {count} requests, seed {seed}, {took:.0f} s: {said}")
    for fault in fuzzer.faults[:50]:
        print(fault)
    return 1 if fuzzer.faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
