"""A service of the kind operators are told through: takes Apprise's `json://`, and can be told to be out of order."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Operators:
    """What they were told, as title and message. `out_of_order`: it answers 500 and tells nobody."""

    port: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    out_of_order: bool = False

    @property
    def url(self) -> str:
        """The URL of this service for NOTIFY_URLS."""
        return f"json://127.0.0.1:{self.port}"

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.told]


@contextmanager
def operators() -> Iterator[Operators]:
    """The service on a free port of this machine."""
    service = Operators()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if not service.out_of_order:
                service.told.append((said["title"], said["message"]))
            self.send_response(500 if service.out_of_order else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join(5)
