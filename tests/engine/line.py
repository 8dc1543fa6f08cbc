"""The line between a till and its switch, in one process: each exchange may go wrong as planned.

Apart from the shop because it stands exactly where an Exchange stands, with nothing of a shop.
"""

import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from pos.proof.simulation.fate import Fate
from pos.switch.exchange import DistrustError, NotSentError, SilenceError
from pos.switch.offering import OFFERING_PATH

TAKES_S = 0.25  # a request and its answer
SILENCE_S = 5.0
WITNESS, OFFERING = "witness", "wallets"

# What a test does to one exchange: given the request and what carries it, the answer.
Fault = Callable[[bytes, Callable[[bytes], bytes]], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it left the till: `at_s` monotonic, `total_s` the time it was given."""

    api: str
    body: dict[str, Any]
    mark: str
    at_s: float
    total_s: float | None

    @property
    def reference(self) -> str:
        """The payment or refund that it names."""
        named = self.body.get("refundRequestId") or self.body.get("paymentRequestId", "")
        return cast(str, named)


@dataclass
class Line:
    """Stands where an Exchange stands. `plans` are the faults to come, by call."""

    fate: Fate
    deliver: Callable[[str, bytes, str], bytes | None]
    mark: str = ""
    has_witness: bool = True
    has_offering: bool = True
    asked: list[Asked] = field(default_factory=list)
    plans: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    def plan(self, api: str, *faults: Fault) -> None:
        """Let the next calls of `api` go wrong, each in its way."""
        self.plans[api].extend(faults)

    def call(self, api: str, body: bytes, total_s: float | None = None) -> bytes:
        """See Exchange."""
        self.asked.append(Asked(api, json.loads(body), self.mark, self.fate.now_s, total_s))
        return self._carried(api, body)

    def ask(self, path: str, body: bytes, total_s: float | None = None) -> bytes:
        """See Exchange."""
        if path == OFFERING_PATH:
            if not self.has_offering:
                raise SilenceError("HTTP_404")
            self.asked.append(
                Asked(OFFERING, json.loads(body), self.mark, self.fate.now_s, total_s)
            )
            return self._carried(OFFERING, body)
        assert path.endswith(WITNESS)
        if not self.has_witness:
            raise SilenceError("HTTP_404")
        self.asked.append(Asked(WITNESS, json.loads(body), self.mark, self.fate.now_s, None))
        return self._carried(WITNESS, body)

    def close(self) -> None:
        """See Exchange."""

    def _carried(self, api: str, body: bytes) -> bytes:
        mark = self.mark

        def through(request: bytes) -> bytes:
            answer = self.deliver(api, request, mark)
            assert answer is not None
            return answer

        self.fate.pass_time(TAKES_S)
        if self.plans[api]:
            return self.plans[api].popleft()(body, through)
        return through(body)

    def apis(self, *but: str) -> list[str]:
        """Every call in order, without those in `but` and without the probes."""
        named = [each for each in self.asked if not each.reference.startswith("probe-")]
        return [each.api for each in named if each.api not in but]

    def of(self, api: str) -> list[Asked]:
        """Every request of this call."""
        return [each for each in self.asked if each.api == api]


def _not_sent(_body: bytes, _through: Callable[[bytes], bytes]) -> bytes:
    raise NotSentError("NO_CONNECTION")


def _unsigned(_body: bytes, through: Callable[[bytes], bytes]) -> bytes:
    through(_body)
    raise DistrustError("ANSWER_NOT_SIGNED")


@dataclass(frozen=True)
class Faults:
    """The ways in which one exchange may go wrong."""

    fate: Fate
    not_sent: Fault = _not_sent
    unsigned: Fault = _unsigned

    def lost(self, _body: bytes, _through: Callable[[bytes], bytes]) -> bytes:
        """The request never arrives, and nothing comes back."""
        self.fate.pass_time(SILENCE_S)
        raise SilenceError("LOST")

    def answer_lost(self, body: bytes, through: Callable[[bytes], bytes]) -> bytes:
        """It is carried out, and nothing comes back."""
        through(body)
        self.fate.pass_time(SILENCE_S)
        raise SilenceError("ANSWER_LOST")

    def altered(self, **fields: Any) -> Fault:
        """It is carried out, and the answer says something else; None leaves a field out."""

        def fault(body: bytes, through: Callable[[bytes], bytes]) -> bytes:
            answer = json.loads(through(body)) | fields
            kept = {name: value for name, value in answer.items() if value is not None}
            return json.dumps(kept).encode()

        return fault

    def refused(self, code: str, status: str = "F") -> Fault:
        """It is not carried out; the answer is this result, to this request."""

        def fault(body: bytes, _through: Callable[[bytes], bytes]) -> bytes:
            asked = {k: v for k, v in json.loads(body).items() if k.endswith("RequestId")}
            result = {"resultCode": code, "resultStatus": status}
            return json.dumps(asked | {"result": result}).encode()

        return fault

    def meanwhile(self, act: Callable[[], None]) -> Fault:
        """Something happens while the request is on its way."""

        def fault(body: bytes, through: Callable[[bytes], bytes]) -> bytes:
            act()
            return through(body)

        return fault
