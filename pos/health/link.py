"""The line to the switch: does it answer, how fast, and how long do key and certificate last?

Apart from the engine's own look at the line because here times and dates are told too.
"""

import os
import socket
import ssl
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from pos.config import Settings, SwitchSection
from pos.embedded import caller_of
from pos.errors import PosError
from pos.health.diagnosis import Diagnosis, Standing
from pos.sale.view import LinkState
from pos.switch.client import WireSwitch
from pos.switch.codec import read_time
from pos.switch.exchange import Exchange
from pos.switch.signature import load_private_key, load_public_key

PROBE_COUNT = 3
SLOW_S = 2.0
CONNECT_S = 5.0
DAY_S = 86_400
LEFT_DAYS_POOR, LEFT_DAYS_FAULT = 21, 3
KEY_AGE_DAYS_MAX = 730

_NETWORK = "Check the network cable or the Wi-Fi, then the address of the switch in terminal.toml."
_ENROL = "Enrol this till again: pos enrol --force, with a code from pos scheme invite."


class Line:
    """The switch, asked a few times. `ahead_s` is how far our clock is ahead of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ahead_s: float | None = None

    def answers(self) -> Diagnosis:
        """Whether it answers, signs, and knows this till; and in what time."""
        section = self._settings.switch
        if section is None:
            return Diagnosis("link", Standing.ABSENT, "the till runs a switch of its own")
        try:
            exchange = Exchange(caller_of(section))
        except (PosError, OSError) as fault:
            return Diagnosis("link", Standing.FAULT, f"it cannot be asked: {fault}", _ENROL)
        switch = WireSwitch(exchange, self._settings.parties())
        took_s = []
        try:
            for _ in range(PROBE_COUNT):
                began_s = time.perf_counter()
                switch.probe()
                took_s.append(time.perf_counter() - began_s)
                if switch.link is not LinkState.UP:
                    break
                self._compare(exchange.answered_at)
        finally:
            switch.close()
        return _told(section, switch, statistics.median(took_s))

    def _compare(self, answered_at: str) -> None:
        try:
            theirs_s = read_time(answered_at).timestamp()
        except ValueError:
            return
        self.ahead_s = time.time() - theirs_s


def _told(section: SwitchSection, switch: WireSwitch, took_s: float) -> Diagnosis:
    if switch.link is LinkState.DISTRUSTED:
        found = f"{section.url} answers, but not with the switch's signature"
        return Diagnosis("link", Standing.FAULT, found, _ENROL)
    if switch.link is not LinkState.UP:
        return Diagnosis("link", Standing.FAULT, f"{section.url} does not answer", _NETWORK)
    if switch.setup_fault:
        found = f"the switch refuses {section.client_id} ({switch.setup_fault})"
        return Diagnosis("link", Standing.FAULT, found, _ENROL)
    found = f"{section.url} answers in {took_s * 1000:.0f} ms and knows {section.client_id}"
    if took_s > SLOW_S:
        return Diagnosis("link", Standing.POOR, found, "Use a cable, or move the Wi-Fi closer.")
    return Diagnosis("link", Standing.GOOD, found)


def key(settings: Settings) -> Diagnosis:
    """The till's own key: can it be used, is it this user's alone, and how old is it?"""
    section = settings.switch
    if section is None:
        return Diagnosis("key", Standing.ABSENT, "a till with its own switch makes its own key")
    path = Path(section.key)
    try:
        load_private_key(path.read_bytes())
        load_public_key(section.public_key)
        known = path.stat()
    except (PosError, OSError) as fault:
        return Diagnosis("key", Standing.FAULT, str(fault), _ENROL)
    made = datetime.fromtimestamp(known.st_mtime, UTC)
    age_days = (datetime.now(UTC) - made).days
    found = f"version {section.key_version}, {age_days} days old ({made:%Y-%m-%d})"
    if known.st_mode & 0o077:
        return Diagnosis(
            "key", Standing.FAULT, f"{path} can be read by others", f"Run: chmod 600 {path}, then "
            "pos enrol --rotate for a key that nobody has read.",
        )  # fmt: skip
    if path.parent == Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/dev/null"):
        # A copy that is made at each start: how old the key itself is cannot be seen from here.
        return Diagnosis("key", Standing.GOOD, f"version {section.key_version}, lent by systemd")
    if age_days > KEY_AGE_DAYS_MAX:
        return Diagnosis(
            "key", Standing.POOR, found, "Give the till a new key: pos enrol --rotate."
        )
    return Diagnosis("key", Standing.GOOD, found)


def certificate(settings: Settings) -> Diagnosis:
    """How long the switch's certificate lasts, or the authority's that we trust, if shorter."""
    section = settings.switch
    if section is None or not section.url.startswith("https:"):
        return Diagnosis("certificate", Standing.ABSENT, "the switch is not reached over https")
    parts = urlsplit(section.url)
    try:
        ends_s = _ends_s(parts.hostname or "", parts.port or 443, section.ca_file)
    except ssl.SSLCertVerificationError as fault:
        found = f"the certificate of {parts.hostname} is refused: {fault.verify_message}"
        remedy = "Check the clock; then let whoever runs the switch renew it, or correct ca_file."
        return Diagnosis("certificate", Standing.FAULT, found, remedy)
    except (OSError, ValueError) as fault:
        return Diagnosis("certificate", Standing.UNKNOWN, f"it cannot be fetched ({fault})")
    left_days = int((ends_s - time.time()) / DAY_S)
    found = f"good until {datetime.fromtimestamp(ends_s, UTC):%Y-%m-%d}, {left_days} days"
    if left_days < LEFT_DAYS_POOR:
        standing = Standing.FAULT if left_days < LEFT_DAYS_FAULT else Standing.POOR
        remedy = "Tell whoever runs the switch to renew it; after that day nothing is sold."
        return Diagnosis("certificate", standing, found, remedy)
    return Diagnosis("certificate", Standing.GOOD, found)


def _ends_s(host: str, port: int, ca_file: str) -> float:
    """Unix seconds. Raises OSError, of which SSLCertVerificationError is one, or ValueError."""
    context = ssl.create_default_context(cafile=ca_file or None)
    with (
        socket.create_connection((host, port), timeout=CONNECT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as line,
    ):
        shown = line.getpeercert() or {}
    ends = [float(ssl.cert_time_to_seconds(str(shown["notAfter"])))]
    if ca_file:
        trusted = x509.load_pem_x509_certificates(Path(ca_file).read_bytes())
        ends += [each.not_valid_after_utc.timestamp() for each in trusted]
    return min(ends)
