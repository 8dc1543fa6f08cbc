"""Who is let in: a caller proves who it is, and is then held to its limits.

Apart from the doors because every door, of payments and of keys, stands behind the same gate.
What a caller may do is counted only once it has proved who it is: nobody can use up another's
share by naming him.
"""

import time
from collections.abc import Callable

from starlette.datastructures import Headers

from pos.errors import PosError
from pos.scheme.clients import Clients, Unrecognised
from pos.scheme.limits import Buckets, Limits
from pos.switch.signature import SignatureInvalid, content_to_sign, key_version_of
from pos.switch.witness import MARK_HEADER, MARK_SIGNATURE_HEADER, Mark, mark_content

SIGNED_HEADERS = ("client-id", "request-time", "signature", MARK_HEADER, MARK_SIGNATURE_HEADER)
TOO_OFTEN = "REQUEST_TRAFFIC_EXCEED_LIMIT"
_PAYING = frozenset({"pay", "refund"})
_STRANGERS = "strangers"


class TurnedAway(PosError):
    """Refused before anything was done; `code` is the API's result code, `status` F or U.

    `silently`: there are so many of these that they are worth no signature.
    """

    def __init__(
        self, code: str, sentence: str, status: str = "F", *, silently: bool = False
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.silently = silently


class Gate:
    """The one way in. Safe for many threads. `clock_s` never steps back."""

    def __init__(
        self, clients: Clients, limits: Limits, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._clients = clients
        self._paying = Buckets(limits.paying, clock_s)
        self._resolving = Buckets(limits.resolving, clock_s)
        self._strangers = Buckets(limits.strangers, clock_s)
        self._wrong_codes = Buckets(limits.wrong_codes, clock_s)

    def admit(self, call: str, headers: Headers, path: str, raw: bytes) -> str:
        """The id of the caller who signed this request and may come now. Raises TurnedAway."""
        try:
            client_id = self._identified(headers, path, raw)
        except TurnedAway as refusal:
            self.count_stranger(refusal)
            raise
        bucket = self._paying if call in _PAYING else self._resolving
        if not bucket.take(client_id):
            raise TurnedAway(TOO_OFTEN, "Too many calls; wait a second and ask again.", "U")
        return client_id

    def mark(self, client_id: str, headers: Headers) -> Mark | None:
        """What an admitted caller tells of its journal, if it does. Raises TurnedAway, WireError.

        The mark is signed by itself, so that on the way it may be dropped, but never altered.
        """
        text = headers.get(MARK_HEADER)
        if text is None:
            return None
        signature = headers.get(MARK_SIGNATURE_HEADER, "")
        try:
            key = self._clients.key(client_id, key_version_of(signature))
            content = mark_content(client_id, text, headers.get("signature", ""))
            key.verifier.check(content, signature)
        except SignatureInvalid as error:
            raise TurnedAway("SIGNATURE_INVALID", str(error)) from None
        return Mark.read(text)

    def count_stranger(self, refusal: TurnedAway | None = None) -> None:
        """Count a caller who has not proved who it is. Raises TurnedAway beyond the limit."""
        if not self._strangers.take(_STRANGERS):
            raise TurnedAway(TOO_OFTEN, "Too many calls.", "U", silently=True) from refusal

    def check_guesses(self, address: str) -> None:
        """Raises TurnedAway when too many wrong pairing codes came from this network address."""
        if not self._wrong_codes.left(address):
            raise TurnedAway(TOO_OFTEN, "Too many wrong pairing codes; wait ten minutes.", "U")

    def count_guess(self, address: str) -> None:
        """A wrong pairing code came from this network address."""
        self._wrong_codes.take(address)

    def _identified(self, headers: Headers, path: str, raw: bytes) -> str:
        check_single(headers)
        client_id = headers.get("client-id", "")
        signature = headers.get("signature", "")
        time_text = headers.get("request-time", "")
        try:
            key = self._clients.key(client_id, key_version_of(signature))
            content = content_to_sign("POST", path, client_id, time_text, raw)
            key.verifier.check(content, signature)
        except SignatureInvalid as error:
            raise TurnedAway("SIGNATURE_INVALID", str(error)) from None
        except Unrecognised as error:
            raise TurnedAway(error.code, str(error)) from None
        if key.fresh:
            self._clients.used(key)
        return client_id


def check_single(headers: Headers) -> None:
    """Raises TurnedAway when a signed header is there twice: two readers would see two things."""
    if any(len(headers.getlist(name)) > 1 for name in SIGNED_HEADERS):
        raise TurnedAway("PARAM_ILLEGAL", "A signed header is there twice.")
