"""The till's log: what it did and how long it took, by ids of ours alone.

Apart from the journal, which is about money and never forgets: this is for whoever looks into a
till later, and may be lost. Under systemd it goes to the journal daemon by its own protocol
(systemd.io/JOURNAL_NATIVE_PROTOCOL), elsewhere to a file in the state folder, which never outgrows
twice its limit. Only the fields named here are ever told: no code, key, name or number of a person
has a field.
"""

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from pos.sale.history import Entry

DAEMON = "/run/systemd/journal/socket"
IDENTIFIER = "samkassa-log"
FILE_NAME, OLD_NAME = "log.jsonl", "log.old.jsonl"
FILE_BYTES_MAX = 2 * 1024 * 1024
TEXT_CHARACTERS_MAX = 64

# Which payment an entry is about, then what else of it is told. All are ids or words of ours, of
# the switch, or of the standard; what is not of these letters is not told.
_PAYMENT = ("request_id", "document_id")
_TOLD = ("refund_id", "payment_id", "result_code", "reason", "heard", "says", "version", "session")
_PLAIN = re.compile(r"[\w.:/ -]{0,64}", re.ASCII)


class Log:
    """Where a till of `state` tells. Any thread may; nothing here ever raises or waits."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE_NAME
        self._lock = threading.Lock()
        # In a shell, what is typed by hand is not the daemon's.
        self._daemon = DAEMON if os.environ.get("INVOCATION_ID") and _is_socket(DAEMON) else ""

    def entry(self, seq: int, entry: Entry) -> None:
        """The journal holds one more entry."""
        known = {each.name for each in fields(entry)}
        payment = next((str(getattr(entry, each)) for each in _PAYMENT if each in known), "")
        told = {name: getattr(entry, name) for name in _TOLD if name in known}
        self.tell("entry", payment, seq=seq, entry=type(entry).__name__, **told)

    def call(self, payment: str, api: str, took_s: float, outcome: str) -> None:
        """The switch was asked, and this is the word of how that ended."""
        self.tell("call", payment, api=api, took_ms=round(took_s * 1000), outcome=outcome)

    def tell(self, kind: str, payment: str = "", **more: object) -> None:
        """One line: what it is about, which payment's id, and values as texts or numbers."""
        line: dict[str, object] = {"at": round(time.time(), 3), "kind": kind, "payment": payment}
        line |= {name: _plain(value) for name, value in more.items() if value not in ("", None)}
        with suppress(OSError), self._lock:
            if self._daemon:
                self._to_daemon(line)
            else:
                self._to_file(line)

    def _to_daemon(self, line: dict[str, object]) -> None:
        told = {f"SAMKASSA_{name.upper()}": str(value) for name, value in line.items()}
        words = " ".join(f"{name}={value}" for name, value in line.items() if name != "at")
        told |= {"MESSAGE": words, "PRIORITY": "6", "SYSLOG_IDENTIFIER": IDENTIFIER}
        packet = "".join(f"{name}={value}\n" for name, value in told.items()).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as daemon:
            daemon.settimeout(0)
            daemon.sendto(packet, self._daemon)

    def _to_file(self, line: dict[str, object]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\n")
            large = os.fstat(descriptor).st_size > FILE_BYTES_MAX
        finally:
            os.close(descriptor)
        if large:
            self._path.replace(self._path.with_name(OLD_NAME))


def read_file(state: Path) -> Iterator[dict[str, Any]]:
    """The lines of the files, oldest first; what is no line of ours is passed over."""
    for name in (OLD_NAME, FILE_NAME):
        try:
            lines = (state / name).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict) and "kind" in found and "at" in found:
                    yield found


def read_daemon(told: str) -> Iterator[dict[str, Any]]:
    """The same of what `journalctl --output=json` printed."""
    for line in told.splitlines():
        with suppress(KeyError, TypeError, ValueError):
            found = json.loads(line)
            own = {
                name.removeprefix("SAMKASSA_").lower(): value
                for name, value in found.items()
                if name.startswith("SAMKASSA_")
            }
            yield own | {"at": float(own["at"])}


def _plain(value: object) -> object:
    """A number as it is; a text of ours, or a mark where it might be somebody else's."""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if _PLAIN.fullmatch(text) else "?"


def _is_socket(path: str) -> bool:
    return Path(path).is_socket()
