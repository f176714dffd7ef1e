"""Telling of hits: settings in part are refused, a plate never leaves, a deaf ear stops nothing."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme

from alpr_city.config.load import TellPart
from alpr_city.errors import ConfigError
from tests.city.hits.lists import pass_by
from tests.city.town import Town


@pytest.mark.parametrize(
    "part",
    [
        TellPart(webhook="http://example.org/"),
        TellPart(webhook="example.org"),
        TellPart(mail_to="a@example.org"),
        TellPart(mail_to="a@example.org", mail_from="b@example.org"),
        TellPart(mail_to="a@example.org", mail_from="b@example.org", mail_host="mail:smtp"),
    ],
)
def test_settings_in_part_or_in_clear_are_refused(town: Town, part: TellPart) -> None:
    from alpr_city.hits.telling import tellers

    with pytest.raises(ConfigError, match="Fix"):
        tellers(replace(town.config, tell=part))


def test_a_webhook_gets_each_hit_once_and_no_plate(town: Town) -> None:
    from alpr_city.hits.fresh import Fresh
    from alpr_city.hits.telling import tell, tellers

    heard: list[bytes] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    authority = trustme.CA()
    server = HTTPServer(("127.0.0.1", 0), Ear)
    papers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(papers)
    server.socket = papers.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    config = replace(
        town.config, tell=TellPart(webhook=f"https://localhost:{server.server_port}/hits")
    )
    try:
        pass_by(town, "8ABC123")
        pass_by(town, "8ABC123", confidence=0.1)
        fresh = Fresh(0)
        tell(fresh, config, tellers(config, trust))
        tell(fresh, config, tellers(config, trust))
        # An authority that this machine does not know gets nothing, and stops nothing.
        tell(Fresh(0), config, tellers(config))
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
    (body,) = heard
    assert b"8ABC123" not in body
    assert json.loads(body)["note"] == "A hit is not cause for a stop."


def test_a_mail_server_that_is_not_there_stops_nothing(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    from alpr_city.hits.fresh import Fresh
    from alpr_city.hits.telling import tell, tellers

    part = TellPart(mail_to="a@example.org", mail_from="b@example.org", mail_host="127.0.0.1:1")
    config = replace(town.config, tell=part)
    pass_by(town, "8ABC123")
    tell(Fresh(0), config, tellers(config))
    assert "could not be told" in caplog.text
    assert "8ABC123" not in caplog.text


class Post(socketserver.StreamRequestHandler):
    """A mail server that takes mail after STARTTLS alone."""

    heard: ClassVar[list[bytes]] = []
    papers: ClassVar[ssl.SSLContext]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        self.talk(self.rfile, self.wfile)

    def talk(self, rfile: Any, wfile: Any, *, secret: bool = False) -> None:
        while line := rfile.readline():
            word = line.split()[0].upper()
            if word == b"EHLO":
                wfile.write(b"250-here\r\n250 STARTTLS\r\n")
            elif word == b"STARTTLS":
                wfile.write(b"220 go on\r\n")
                try:
                    wrapped = self.papers.wrap_socket(self.request, server_side=True)
                except ssl.SSLError:
                    return  # whoever calls does not trust these papers
                with wrapped, wrapped.makefile("rb") as said, wrapped.makefile("wb", 0) as saying:
                    self.talk(said, saying, secret=True)
                return
            elif word == b"DATA":
                assert secret
                wfile.write(b"354 say it\r\n")
                self.heard.append(b"".join(iter(rfile.readline, b".\r\n")))
                wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                wfile.write(b"221 bye\r\n")
                return
            else:
                wfile.write(b"250 well\r\n")


def test_a_mail_goes_over_tls_to_a_server_that_is_trusted_and_names_no_plate(town: Town) -> None:
    from alpr_city.hits.fresh import Fresh
    from alpr_city.hits.telling import tell, tellers

    authority = trustme.CA()
    Post.heard.clear()
    Post.papers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(Post.papers)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    (hit,) = pass_by(town, "8ABC123")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        part = TellPart(
            mail_to="desk@example.org",
            mail_from="reader@example.org",
            mail_host=f"localhost:{server.server_address[1]}",
        )
        config = replace(town.config, tell=part)
        tell(Fresh(0), config, tellers(config))  # not trusted: nothing is told
        assert Post.heard == []
        tell(Fresh(0), config, tellers(config, trust))
        server.shutdown()
        thread.join(60)
    (mail,) = Post.heard
    assert b"8ABC123" not in mail
    assert b"A hit is not cause for a stop." in mail
    assert f"/hits/{hit.pk}/".encode() in mail


def test_the_command_refuses_to_tell_nobody(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from alpr_city.cli import main
    from alpr_city.config import template

    file = tmp_path / "city.toml"
    file.write_text(template("Testville", tmp_path / "city", 1, 2))
    assert main(["tell", "--config", str(file)]) == 78
    assert "[tell] names nobody to tell. Fix: set tell.webhook" in capsys.readouterr().err
