"""A connection to an MQTT 5 broker that is there again by itself, and never in anybody's way.

Apart because it is the only owner of paho. paho's own thread does the waiting. Nothing is kept to
be sent later: each end has one newest state, and tells it when the line is there. A broker that
says more than it should is left for a while.
"""

import random
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pos.errors import SettingsError
from pos.fleet.topics import KEPT_S, Letter

ALIVE_S = 15  # a broker misses a terminal that is gone without a word after half as much again
CONNECT_S = 10.0
PACKET_BYTES_MAX = 65_536
FLUSH_S = 2.0
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and as whom to come. `url` is `mqtts://host:port`, or `mqtt://` for one
    on this machine; `ca_file` whose certificates are trusted, or empty for the system's."""

    url: str
    user: str = ""
    password_file: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a line behaves: seconds to the next try, from and to, and how often it may be read a
    minute, 0 for no limit."""

    again_s: tuple[int, int] = (1, 30)
    reads_a_minute_max: int = 0


class Line:
    """`joined` is called whenever the line is there, `heard` with what comes, both in paho's
    thread. `will` gives the letter that the broker shall send when the line is lost; it is asked
    anew for each connection."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        subscribe: str = "",
        will: Callable[[], Letter] | None = None,
        joined: Callable[[], object] = lambda: None,
        heard: Callable[[Letter], object] = lambda _: None,
        manners: Manners = Manners(),
    ) -> None:
        self._broker = broker
        self._subscribe = subscribe
        self._will = will
        self._joined = joined
        self._heard = heard
        self._client = _Client(client_id, manners.reads_a_minute_max)
        self._sent: MQTTMessageInfo | None = None
        self.refusal = ""  # why the broker did not let us in, or empty
        parts = urlsplit(broker.url)
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if parts.scheme == "mqtts":
            self._client.tls_set_context(_context(broker.ca_file))
        if broker.user:
            self._client.username_pw_set(broker.user, _password(broker.password_file))
        # Two thousand that lost one broker must not all be back in the same moment.
        soonest_s, latest_s = manners.again_s
        first_s = random.randint(soonest_s, min(soonest_s + 2, latest_s))  # noqa: S311
        self._client.reconnect_delay_set(first_s, latest_s)
        self._client.connect_timeout = CONNECT_S
        self._client.on_pre_connect = self._prepare
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._failed
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._received

    @property
    def there(self) -> bool:
        """Whether the broker has let us in."""
        return self._client.is_connected()

    @property
    def idle(self) -> bool:
        """Whether what was sent last has left this machine, or is lost with its connection."""
        try:
            return self._sent is None or self._sent.is_published()
        except (RuntimeError, ValueError):  # so paho tells of one that was lost
            return True

    def open(self) -> None:
        """Begin to connect; returns at once."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = PACKET_BYTES_MAX
        self._client.connect_async(
            self._host, self._port, ALIVE_S, clean_start=True, properties=properties
        )
        self._client.loop_start()

    def send(self, letter: Letter) -> None:
        """Send it now, to be kept by the broker for whoever asks later. Without a line it is lost:
        `joined` is when to tell everything again."""
        if self.there:
            self._sent = self._client.publish(
                letter.topic, letter.payload, 0, retain=True, properties=_kept(PacketTypes.PUBLISH)
            )

    def close(self) -> None:
        """Let what was sent leave, for a moment at most, and end the line."""
        ends_s = time.monotonic() + FLUSH_S
        while self.there and not self.idle and time.monotonic() < ends_s:
            time.sleep(0.01)
        self._client.disconnect()
        # paho waits for its thread as long as a connection may take to come about, or to break.
        closer = threading.Thread(target=self._client.loop_stop, name="fleet-close", daemon=True)
        closer.start()
        closer.join(FLUSH_S)

    def _prepare(self, _client: Client, _data: object) -> None:
        if self._will is not None:
            will = self._will()
            properties = _kept(PacketTypes.WILLMESSAGE)
            self._client.will_set(will.topic, will.payload, 1, retain=True, properties=properties)

    def _connected(
        self, _c: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _p: object
    ) -> None:
        self.refusal = f"the broker answers: {code}" if code.is_failure else ""
        if code.is_failure:
            return
        if self._subscribe:
            self._client.subscribe(self._subscribe, 1)  # `joined` comes with its answer
        else:
            self._joined()

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], _p: object
    ) -> None:
        if any(code.is_failure for code in codes):
            self.refusal = "the broker lets nobody of this name listen there"
        self._joined()

    def _failed(self, _client: Client, _data: object) -> None:
        self.refusal = "it does not answer"

    def _disconnected(
        self, _c: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _p: object
    ) -> None:
        if code.is_failure and not self.refusal:
            self.refusal = f"the line broke: {code}"

    def _received(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        left_s = getattr(message.properties, "MessageExpiryInterval", KEPT_S)
        age_s = float(max(0, KEPT_S - left_s))
        self._heard(Letter(message.topic, bytes(message.payload), age_s))


class _Client(Client):
    """paho's client, with a limit to how much a broker may have to say."""

    def __init__(self, client_id: str, reads_a_minute_max: int) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5
        )
        self.suppress_exceptions = True  # a fault of ours must not end paho's thread
        self._reads_max = reads_a_minute_max
        self._reads = 0
        self._minute = 0

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read as paho does, unless the broker overdoes it: then the line is given up."""
        code = super().loop_read(max_packets)
        if int(self._in_packet["remaining_length"]) > PACKET_BYTES_MAX:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        minute = int(time.monotonic() / 60)
        self._reads = self._reads + 1 if minute == self._minute else 1
        self._minute = minute
        if self._reads_max and self._reads > self._reads_max:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        return code


def _kept(packet: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = KEPT_S
    return properties


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as fault:
        raise SettingsError(
            f"{ca_file} holds no certificate; give the one that signed the broker's."
        ) from fault
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _password(file: str) -> str | None:
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{file} cannot be read; let it hold the broker's password.") from fault
