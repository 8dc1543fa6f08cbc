"""A merchant's server for the tests of notifications: real sockets, answers as it is told to.

Apart from the tests because several of them are told by such a server.
"""

import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACKNOWLEDGED = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'


@dataclass
class Heard:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class MerchantServer:
    """Listens on a free port of this machine, keeps what it hears, and answers `answer`.

    With `drip_s` it sends one byte of the answer each so many seconds, until it is closed.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, drip_s: float = 0, location: str = ""
    ) -> None:
        self.heard: list[Heard] = []
        self.status, self.answer = 200, ACKNOWLEDGED
        self._closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.heard.append(Heard(self.path, dict(self.headers), body))
                self.send_response(server.status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(server.answer)))
                self.end_headers()
                if drip_s:
                    for byte in server.answer:
                        if server._closing.wait(drip_s):
                            return
                        self.wfile.write(bytes([byte]))
                    return
                self.wfile.write(server.answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A caller that hung up is what some tests are about."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, by the name of this machine."""
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
