"""A threaded HTTP(S) server on loopback whose answers a test sets host by host."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

import trustme


@dataclass(frozen=True)
class Request:
    """What came in; `at` in seconds of the monotonic clock."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float


@dataclass(frozen=True)
class Answer:
    """What goes out: a body, or chunks that are sent until the client hangs up. `delay_s` before the status line."""

    body: bytes | str | Iterator[bytes] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


Route = Callable[[Request], Answer]


class Web:
    """Serves on 127.0.0.1. With an authority it speaks TLS for `hosts`. A context manager."""

    def __init__(self, authority: trustme.CA | None = None, hosts: tuple[str, ...] = ("localhost",)) -> None:
        self.requests: list[Request] = []
        self.names: list[str] = []
        """Server names that TLS clients asked for."""
        self._routes: dict[tuple[str, str], Route] = {}
        self._stop = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if authority is not None:
            self._server.socket = self._tls(authority, hosts).wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def on(self, host: str, path: str, answer: Answer | Route) -> None:
        """Answer a host's path with this from now on; '*' stands for every path."""
        self._routes[host, path] = answer if callable(answer) else lambda _: answer

    def forget(self, host: str) -> None:
        """Answer nothing of a host any more."""
        self._routes = {place: route for place, route in self._routes.items() if place[0] != host}

    def asked(self, host: str) -> list[Request]:
        """The requests a host got."""
        return [request for request in self.requests if request.host == host]

    def __enter__(self) -> Web:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _tls(self, authority: trustme.CA, hosts: tuple[str, ...]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*hosts).configure_cert(context)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name or "")
        return context

    def _answer(self, request: Request) -> Answer:
        self.requests.append(request)
        route = self._routes.get((request.host, request.path)) or self._routes.get((request.host, "*"))
        return route(request) if route else Answer("nothing here", 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                host = self.headers.get("Host", "").split(":")[0]
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = web._answer(Request(self.command, host, parts.path, query, headers, time.monotonic()))
                web._stop.wait(answer.delay_s)
                with suppress(OSError):
                    self._send(answer)

            do_POST = do_GET

            def _send(self, answer: Answer) -> None:
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if isinstance(body, bytes):
                    if "Content-Length" not in answer.headers:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                else:
                    self.send_header("Connection", "close")
                    self.end_headers()
                    for chunk in body:
                        self.wfile.write(chunk)
                        if web._stop.is_set():
                            break
                self.close_connection = not isinstance(body, bytes) or "Content-Length" in answer.headers

            def log_message(self, format: str, *args: object) -> None:
                return None

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what many tests are about."""
