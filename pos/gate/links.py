"""What a gate hears from elsewhere while there is a link: lists of tickets given back, and whom
other gates of the site let in. And what it tells them.

Apart, in a thread of its own, because a share or a server that hangs must hold up nobody at the
turnstile. A neighbour's word, which nobody signs, can only keep somebody out; whether a list is
to be believed, which could do more, is not decided here.
"""

import contextlib
import queue
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import requests

from pos.gate.book import Entry
from pos.sale.revocation import SIZE_BYTES_MAX

EVERY_S = 5.0
FETCH_S_MAX = 5.0
CLOSE_S_MAX = 10.0
FORM = "samkassa admitted 1"
_FILE = re.compile(r"admitted-([A-Za-z0-9_-]{1,32})\.txt")
_LINE = re.compile(r"([0-9a-f]{16}) (\d{1,12}) (\d{1,3})")
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list as it came from `source`, whatever it says."""

    source: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the gate of this name has admitted."""

    gate: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """The share was looked through; without it only this gate's own admissions are known."""

    source: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The source, or the share, cannot be had just now."""

    source: str
    sentence: str


News = Fetched | Elsewhere | Looked | Unreachable


class Links:
    """Looks at every source and at the `share` folder of the gates, again and again.

    `sources` are files or URLs of lists of tickets given back. `name` is this gate's in the share,
    `admitted` what it has let in so far.
    """

    def __init__(
        self,
        sources: Iterable[str],
        share: Path | None,
        name: str,
        admitted: Iterable[Entry],
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._sources = tuple(sources)
        self._share = share
        self._name = name
        self._every_s = every_s
        self._told: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._ours = list(admitted)
        self._written = b""
        self._seen: dict[str, bytes] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="links", daemon=True)

    def start(self) -> None:
        """Begin to look; nothing where there is nothing to look at."""
        if (self._sources or self._share is not None) and not self._thread.is_alive():
            self._thread.start()

    def tell(self, entry: Entry) -> None:
        """Let the other gates know, as soon as may be."""
        self._told.put(entry)

    def news(self) -> Iterable[News]:
        """What came since the last time."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._news.get_nowait()

    def close(self) -> None:
        """Stop looking; what hangs is left to end by itself."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S_MAX)

    def _run(self) -> None:
        while not self._ending.is_set():
            for source in self._sources:
                self._fetch(source)
            if self._share is not None:
                self._look_at(self._share)
            self._ending.wait(self._every_s)
        if self._share is not None:
            with contextlib.suppress(OSError):
                self._write(self._share)

    def _fetch(self, source: str) -> None:
        try:
            text = _over_http(source) if source.startswith("http") else _read(Path(source))
        except (OSError, requests.RequestException) as fault:
            why = type(fault).__name__
            self._news.put(Unreachable(source, f"The list {source} cannot be fetched ({why})."))
            return
        self._news.put(Fetched(source, text))

    def _look_at(self, share: Path) -> None:
        try:
            self._write(share)
            for path in sorted(share.iterdir()):
                named = _FILE.fullmatch(path.name)
                if named and named[1] != self._name:
                    self._hear(named[1], _read(path))
        except OSError as fault:
            self._news.put(
                Unreachable(
                    str(share),
                    f"The folder {share} that the gates share cannot be used "
                    f"({fault.strerror}): what other gates admit is not known here.",
                )
            )
            return
        self._news.put(Looked(str(share)))

    def _hear(self, gate: str, text: bytes) -> None:
        if self._seen.get(gate) == text:
            return
        self._seen[gate] = text
        self._news.put(Elsewhere(gate, _entries(text)))

    def _write(self, share: Path) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._ours.append(self._told.get_nowait())
        path = share / f"admitted-{self._name}.txt"
        there = _read(path) if path.exists() else b""
        if there != self._written:
            self._take_up(_entries(there))
        text = _text(self._ours)
        if text == there:
            return
        fresh = path.with_suffix(".new")
        fresh.write_bytes(text)
        fresh.replace(path)
        self._written = text

    def _take_up(self, entries: tuple[Entry, ...]) -> None:
        """What stands under this gate's name and is not its own: from before its book was lost,
        say with the card that it lay on, or of another gate to which the same name was given."""
        ours = {each.serial for each in self._ours}
        others = tuple(each for each in entries if each.serial not in ours)
        if others:
            self._ours = [*others, *self._ours]
            self._news.put(Elsewhere(self._name, others))


def _text(entries: Iterable[Entry]) -> bytes:
    lines = (f"{each.serial} {each.at:.0f} {each.persons}\n" for each in entries)
    return f"{FORM}\n{''.join(lines)}".encode("ascii")


def _entries(text: bytes) -> tuple[Entry, ...]:
    lines = text.decode("ascii", "replace").splitlines()
    if lines[:1] != [FORM]:
        return ()
    found = [parts for line in lines[1:] if (parts := _LINE.fullmatch(line))]
    return tuple(Entry(each[1], float(each[2]), int(each[3])) for each in found)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIZE_BYTES_MAX + 1)


def _over_http(url: str) -> bytes:
    with requests.get(url, timeout=FETCH_S_MAX, stream=True) as answer:
        answer.raise_for_status()
        text = b""
        for chunk in answer.iter_content(_CHUNK_BYTES):
            text += chunk
            if len(text) > SIZE_BYTES_MAX:
                break
        return text
