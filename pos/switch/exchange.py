"""One signed request to the switch and its verified answer, over requests.

Apart from the client, which knows what the messages mean: here it is only decided whether a
byte left this device, and whether what came back is whole and truly from the switch.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pos.switch.codec import BODY_BYTES_MAX, time_text
from pos.switch.deadline import Deadline, answer_class
from pos.switch.signature import SignatureInvalid, Signer, Verifier, content_to_sign
from pos.switch.wire import PATHS, SANDBOX_PATHS
from pos.switch.witness import MARK_HEADER, MARK_SIGNATURE_HEADER, mark_content

CONNECT_S = 3.0
FIRST_BYTE_S = 5.0
# Asked every three seconds: an inquiry that is silent for longer gives way to the next.
INQUIRY_FIRST_BYTE_S = 3.0
TOTAL_S = 10.0
SANDBOX_PREFIX = "SANDBOX_"

# Failures that come before the first byte of a request is handed to the socket. Of those of TLS
# only a refused certificate is one for sure: any other may also break an answer off.
_NEVER_LEFT = (
    "NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "SSLCertVerificationError",
)  # fmt: skip


class NotSentError(Exception):
    """No byte of the request left this device."""


class SilenceError(Exception):
    """The request may have arrived; no whole answer came. Says what was missing, in a word."""


class DistrustError(SilenceError):
    """An answer came that the switch did not sign."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with whose key answers are checked, and where the switch is.

    `ca_file` is a PEM file of the authority of the switch's certificate, or empty for the
    system's own. Without `verifier`, before enrolment, no answer counts as the switch's.
    """

    url: str
    client_id: str
    signer: Signer
    verifier: Verifier | None
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer to a request for `path`; whose it is shows `check`."""

    path: str
    client_id: str
    status: int
    answered_at: str
    signature: str
    raw: bytes

    def check(self, client_id: str, verifier: Verifier) -> None:
        """Return when the switch signed this for `client_id`. Raises Silence- or DistrustError."""
        if self.status != requests.codes.ok:
            raise SilenceError(f"HTTP_{self.status}")
        if self.client_id != client_id:
            raise DistrustError("ANSWER_FOR_ANOTHER_CALLER")
        content = content_to_sign("POST", self.path, client_id, self.answered_at, self.raw)
        try:
            verifier.check(content, self.signature)
        except SignatureInvalid as fault:
            raise DistrustError("ANSWER_NOT_SIGNED") from fault


class Exchange:
    """A connection to one switch. Used by one thread; `close` it at the end.

    `mark` is what the requests to come tell of the journal, or empty; `answered_at` when the switch
    says that it gave its last verified answer, or empty.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.mark = ""
        self.answered_at = ""
        sandbox = caller.client_id.startswith(SANDBOX_PREFIX)
        self._paths = SANDBOX_PATHS if sandbox else PATHS
        parts = urlsplit(caller.url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._session = _Session()
        self._session.trust_env = False
        if caller.ca_file:
            self._session.verify = caller.ca_file
        self._deadline = Deadline()
        adapter = HTTPAdapter(pool_maxsize=1, max_retries=0)
        adapter.poolmanager.pool_classes_by_scheme = _pools(self._deadline)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def call(
        self, api: str, body: bytes, first_byte_s: float | None = None, total_s: float | None = None
    ) -> bytes:
        """POST `body` to `api` (a key of wire.PATHS) and return the verified answer's body.

        `first_byte_s` is how long to wait for it to begin, if not as a till does; `total_s` for
        all of it. Raises NotSentError, SilenceError or DistrustError, and nothing else of the
        network.
        """
        return self.ask(self._paths[api], body, first_byte_s or _first_byte_s(api), total_s)

    def ask(
        self,
        path: str,
        body: bytes,
        first_byte_s: float = FIRST_BYTE_S,
        total_s: float | None = None,
    ) -> bytes:
        """POST `body` to a path of the switch; as `call`."""
        answer = self.fetch(path, body, first_byte_s, total_s)
        if self._caller.verifier is None:
            raise DistrustError("SWITCH_NOT_KNOWN")
        answer.check(self._caller.client_id, self._caller.verifier)
        self.answered_at = answer.answered_at
        return answer.raw

    def fetch(
        self,
        path: str,
        body: bytes,
        first_byte_s: float = FIRST_BYTE_S,
        total_s: float | None = None,
    ) -> Answer:
        """POST `body` and return the answer, which anybody may have sent: check it.

        Raises NotSentError or SilenceError.
        """
        headers = self._signed(path, body)
        total_s = total_s or TOTAL_S
        self._deadline.ends_s = time.monotonic() + total_s
        try:
            answer = self._session.post(
                self._origin + path,
                data=body,
                headers=headers,
                timeout=(min(CONNECT_S, total_s), min(first_byte_s, total_s)),
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.RequestException as fault:
            if _never_left(fault):
                raise NotSentError("NO_CONNECTION") from fault
            raise SilenceError("NO_ANSWER") from fault
        with answer:
            raw = _body(answer)
        return Answer(
            path,
            answer.headers.get("client-id", self._caller.client_id),
            answer.status_code,
            answer.headers.get("response-time", ""),
            answer.headers.get("signature", ""),
            raw,
        )

    def _signed(self, path: str, body: bytes) -> dict[str, str]:
        """The headers of a request, with its signature, and the mark with its own."""
        caller, sent_at = self._caller, time_text(datetime.now(UTC))
        content = content_to_sign("POST", path, caller.client_id, sent_at, body)
        signature = caller.signer.header(content)
        headers = {
            "client-id": caller.client_id,
            "request-time": sent_at,
            "signature": signature,
            "content-type": "application/json; charset=UTF-8",
        }
        if self.mark:
            content = mark_content(caller.client_id, self.mark, signature)
            headers[MARK_HEADER] = self.mark
            headers[MARK_SIGNATURE_HEADER] = caller.signer.header(content)
        return headers

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()


class _Session(requests.Session):
    """A session that sees no redirect: it would read the whole body first, however long."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


def _first_byte_s(api: str) -> float:
    return INQUIRY_FIRST_BYTE_S if api.startswith("inquiry") else FIRST_BYTE_S


def _pools(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools by scheme, whose answers all end by `deadline`."""
    answers = answer_class(deadline)

    class Plain(HTTPConnection):
        response_class = answers

    class Secure(HTTPSConnection):
        response_class = answers

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _body(answer: requests.Response) -> bytes:
    """The whole body, within size and time. Raises SilenceError for half of one."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := answer.raw.read1(BODY_BYTES_MAX, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > BODY_BYTES_MAX:
                raise SilenceError("ANSWER_TOO_LONG")
    except SilenceError:
        raise
    except Exception as fault:  # urllib3 has many names for a body that breaks off
        raise SilenceError("HALF_AN_ANSWER") from fault
    stated = answer.headers.get("content-length", "")
    if stated.isdigit() and int(stated) != size and "content-encoding" not in answer.headers:
        raise SilenceError("HALF_AN_ANSWER")
    return b"".join(parts)


def _never_left(fault: BaseException) -> bool:
    """Whether the chain of causes shows that no connection was made."""
    for _ in range(8):
        reason = getattr(fault, "reason", None) or (fault.args[0] if fault.args else None)
        if type(fault).__name__ in _NEVER_LEFT:
            return True
        if not isinstance(reason, BaseException):
            return False
        fault = reason
    return False
