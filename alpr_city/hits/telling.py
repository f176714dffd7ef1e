"""Tells somebody outside the console of a hit: where and of which list, never a plate."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from alpr_city.config import CityConfig
from alpr_city.config.load import TellPart
from alpr_city.errors import ConfigError
from alpr_city.hits.fresh import Fresh
from alpr_city.hits.models import Hit

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
WARNING = "A hit is not cause for a stop."


@dataclass(frozen=True, slots=True)
class Teller:
    """One way to tell."""

    name: str
    tell: Callable[[dict[str, Any]], None]


def tellers(config: CityConfig, tls: ssl.SSLContext | None = None) -> list[Teller]:
    """The ways that the settings have. `tls` is the trust, this machine's where none is given.

    Raises:
        ConfigError: One is set in part, or is no https address.
    """
    part, found, faults = config.tell, [], []
    context = tls or ssl.create_default_context()
    if part.webhook:
        address = urlsplit(part.webhook)
        if address.scheme != "https" or not address.hostname:
            faults.append("tell.webhook: is no https address. Fix: https://host/path")
        found.append(Teller("webhook", lambda m: _post(part.webhook, m, context)))
    mail = (part.mail_to, part.mail_from, part.mail_host)
    if any(mail):
        if not all(mail):
            faults.append("tell: mail_to, mail_from and mail_host go together. Fix: set all")
        port = part.mail_host.partition(":")[2]
        if port and not port.isdigit():
            faults.append("tell.mail_host: the port is no number. Fix: host:587")
        found.append(Teller("mail", lambda m: _mail(part, m, context)))
    if faults:
        raise ConfigError(faults)
    return found


def message(hit: Hit, config: CityConfig) -> dict[str, Any]:
    """What is told."""
    return {
        "hit": hit.pk,
        "list": hit.list,
        "class": hit.list_class,
        "camera": hit.camera,
        "captured_at": hit.captured_at.isoformat(),
        "expires_at": hit.expires_at.isoformat(),
        "see": f"https://{config.web.host}:{config.web.port}/hits/{hit.pk}/",
        "note": WARNING,
    }


def tell(fresh: Fresh, config: CityConfig, ways: list[Teller]) -> None:
    """Tell of every hit that is new. What cannot be told is logged, and left.

    A hit is short-lived: telling it again an hour later would help nobody.
    """
    for hit in Hit.objects.filter(pk__in=fresh.numbers()).order_by("pk"):
        if hit.not_a_hit or hit.historical:
            continue
        for way in ways:
            try:
                way.tell(message(hit, config))
            except (OSError, HTTPException, smtplib.SMTPException) as error:
                log.error("%s: a hit could not be told (%s)", way.name, type(error).__name__)


def _post(address: str, body: dict[str, Any], context: ssl.SSLContext) -> None:
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = HTTPSConnection(
        parts.hostname, parts.port or 443, timeout=TIMEOUT_S, context=context
    )
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if not 200 <= answer.status < 300:
            raise HTTPException(str(answer.status))
    finally:
        connection.close()


def _mail(part: TellPart, body: dict[str, Any], context: ssl.SSLContext) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = part.mail_from, part.mail_to
    mail["Subject"] = f"Hit {body['hit']} at {body['camera']}"
    told = ("list", "captured_at", "expires_at", "see")
    lines = [body["note"], *(f"{key}: {body[key]}" for key in told)]
    mail.set_content("\n".join(lines) + "\n")
    host, _, port = part.mail_host.partition(":")
    with smtplib.SMTP(host, int(port or 587), timeout=TIMEOUT_S) as server:
        server.starttls(context=context)
        server.send_message(mail)
