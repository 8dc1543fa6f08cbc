"""The line between a till and the switch: the bytes of the wire, and all that a line does to them.

Apart from the world because it stands exactly where `pos.switch.exchange` stands: above it is
the product's own client, below it the product's own rules of the switch.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from pos.proof.simulation.fate import Fate
from pos.switch.exchange import DistrustError, NotSentError, SilenceError
from pos.switch.witness import WITNESS_PATH

SILENCE_S = 5.0
LATE_S_MAX = 240.0
OUTAGES_S = (8.0, 20.0, 60.0)
LONG_OUTAGE_S = 1300.0
MONEY = ("pay", "cancel", "refund")
WITNESS = "witness"  # the one call that is no call of the wire
# The till's client spells messages without blanks; a refund names no payment by its request id.
_REFERENCE = re.compile(rb'"(?:refund|payment)RequestId":"([^"]+)"')
_VALUE = re.compile(rb'"(?:payment|refund)Amount":\{[^}]*"value":"([0-9]+)"')
EXCUSES = ("SYSTEM_ERROR", "REQUEST_TRAFFIC_EXCEED_LIMIT", "UNKNOWN_EXCEPTION")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request whose bytes left the till: `reference` is the id it names, `value` the amount.

    `journaled` is whether its intent was written down by then.
    """

    api: str
    reference: str
    value: int
    journaled: bool


class Line:
    """An exchange over a bad line.

    `deliver` hands a request with its mark to the switch and returns the answer, or None when the
    switch died over it; `journaled` tells whether the till has written down what it is about.
    """

    def __init__(
        self,
        fate: Fate,
        deliver: Callable[[str, bytes, str], bytes | None],
        journaled: Callable[[str, str], bool],
    ) -> None:
        self._fate = fate
        self._deliver = deliver
        self._journaled = journaled
        self._last: dict[str, bytes] = {}
        self._down_until_s = 0.0
        self.mark = ""
        self.sent: list[Sent] = []
        self.bodies: dict[tuple[str, str], tuple[bytes, str]] = {}

    def call(self, api: str, body: bytes, total_s: float | None = None) -> bytes:
        """As Exchange.call; the till may die before the request leaves and after the answer."""
        self._fate.till_step()
        answer = self._spoiled(api, body)
        self._fate.till_step()
        return answer

    def ask(self, path: str, body: bytes) -> bytes:
        """As Exchange.ask; of what is no call of the wire, only the witness is asked."""
        assert path == WITNESS_PATH  # noqa: S101 - the till has no other
        return self.call(WITNESS, body)

    def close(self) -> None:
        """Nothing to close."""

    def _spoiled(self, api: str, body: bytes) -> bytes:
        fate, rates = self._fate, self._fate.rates
        if fate.now_s < self._down_until_s and not fate.calm:
            fate.pass_time(fate.chance.uniform(0.0, 3.0))
            raise NotSentError("NO_CONNECTION")
        if fate.strikes(rates.not_sent):
            fate.fault_count += 1
            raise NotSentError("NO_CONNECTION")
        if api in MONEY:
            self._note(api, body)
        if fate.strikes(rates.outage):
            self._break()
            self._silent("LOST")
        self._on_the_way(api, body)
        answer = self._deliver(api, self._taken(api, body), self.mark)
        if answer is None:
            self._silent("NO_ANSWER")
        return self._on_the_way_back(api, body, answer or b"")

    def _break(self) -> None:
        """Nothing comes through any more for a while."""
        fate = self._fate
        long = fate.strikes(fate.rates.long_outage)
        lasts_s = LONG_OUTAGE_S if long else fate.chance.choice(OUTAGES_S)
        self._down_until_s = fate.now_s + lasts_s

    def _taken(self, api: str, body: bytes) -> bytes:
        """The request as the switch takes it, which may be for another amount."""
        if api != "pay" or not self._fate.strikes(self._fate.rates.amount_altered):
            return body
        self._fate.fault_count += 1
        asked = json.loads(body)
        for amount in (asked["paymentAmount"], asked["order"]["orderAmount"]):
            amount["value"] = str(int(amount["value"]) + 100)
        return json.dumps(asked).encode()

    def _on_the_way(self, api: str, body: bytes) -> None:
        fate, rates = self._fate, self._fate.rates
        if fate.strikes(rates.request_lost):
            self._silent("LOST")
        if fate.strikes(rates.request_late):
            self._again(api, body)
            self._silent("LATE")
        if fate.strikes(rates.request_doubled):
            fate.fault_count += 1
            self._again(api, body)
        fate.pass_time(fate.chance.uniform(0.02, 0.4))

    def _on_the_way_back(self, api: str, body: bytes, answer: bytes) -> bytes:
        fate, rates = self._fate, self._fate.rates
        stale = self._last.get(api, b"")
        self._last[api] = answer
        if fate.strikes(rates.outage):
            self._break()
            self._silent("ANSWER_LOST")
        if fate.strikes(rates.answer_lost):
            self._silent("ANSWER_LOST")
        if fate.strikes(rates.answer_unsigned):
            fate.fault_count += 1
            raise DistrustError("ANSWER_NOT_SIGNED")
        if fate.strikes(rates.answer_garbage):
            fate.fault_count += 1
            return (
                b"<html>busy</html>" if fate.chance.random() < 0.5 else answer[: len(answer) // 2]
            )
        if stale and fate.strikes(rates.answer_stale):
            # The switch did sign it once: only the ids inside tell that it answers another call.
            fate.fault_count += 1
            return stale
        if fate.strikes(rates.door_shut):
            fate.fault_count += 1
            return self._excuse(api, body)
        return answer

    def _excuse(self, api: str, body: bytes) -> bytes:
        """A signed answer about the call alone, which may have been carried out or not."""
        code, status = self._fate.chance.choice(EXCUSES), self._fate.chance.choice("FU")
        fields: dict[str, object] = {"result": {"resultCode": code, "resultStatus": status}}
        if self._fate.chance.random() < 0.5:
            asked = json.loads(body)
            fields |= {key: asked[key] for key in asked if key.endswith("RequestId")}
        return json.dumps(fields).encode()

    def _again(self, api: str, body: bytes) -> None:
        """A copy of the request comes to the switch later, and nobody hears the answer."""
        mark = self.mark

        def arrive() -> None:
            self._deliver(api, body, mark)

        self._fate.later(self._fate.chance.uniform(0.0, LATE_S_MAX), arrive)

    def _silent(self, why: str) -> None:
        self._fate.fault_count += 1
        self._fate.pass_time(SILENCE_S)
        raise SilenceError(why)

    def _note(self, api: str, body: bytes) -> None:
        reference, value = _REFERENCE.search(body), _VALUE.search(body)
        assert reference is not None  # noqa: S101 - the till's own client wrote it
        asked = reference[1].decode()
        journaled = self._journaled(api, asked)
        self.sent.append(Sent(api, asked, int(value[1]) if value else 0, journaled))
        self.bodies[api, asked] = body, self.mark
