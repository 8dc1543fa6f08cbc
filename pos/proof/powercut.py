"""What may lie on a card after the power went: every legal outcome of writes that were not synced.

Apart from the gates because this is the model of a medium, and knows nothing of journals. A synced
file is whole and a synced name is there; of everything else any part may be missing, each sector
by itself, the names of files too.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pos.proof.disk import Op, overwrite

SECTORS_BYTES = (512, 4096)
KEPT_SHARES = (0.15, 0.5, 0.85)

Image = dict[str, bytes]


@dataclass(slots=True)
class _Inode:
    """One file without its name: what is durable, and what was done to it since."""

    durable: bytearray
    pending: list[Op] = field(default_factory=list)

    def whole(self) -> bytes:
        """With everything that was done to it."""
        return self._played(self.pending)

    def torn(self, chance: random.Random, sector_bytes: int, share: float) -> bytes:
        """With any part of what was done to it, sector by sector."""
        pieces = (piece for op in self.pending for piece in _pieces(op, sector_bytes))
        return self._played(piece for piece in pieces if chance.random() < share)

    def sync(self) -> None:
        """All of it is durable now."""
        self.durable = bytearray(self.whole())
        self.pending.clear()

    def _played(self, ops: Iterable[Op]) -> bytes:
        content = bytearray(self.durable)
        for op in ops:
            if op.kind == "cut":
                del content[op.offset :]
            else:
                overwrite(content, op.offset, op.data)
        return bytes(content)


def _pieces(op: Op, sector_bytes: int) -> Iterator[Op]:
    """A write divided where sectors divide it; a cut is one piece."""
    if op.kind == "cut":
        yield op
        return
    at, end = op.offset, op.offset + len(op.data)
    while at < end:
        stop = min(end, (at // sector_bytes + 1) * sector_bytes)
        yield Op("write", op.name, at, op.data[at - op.offset : stop - op.offset])
        at = stop


class Medium:
    """A card that is written to call by call, and of which images can be taken at any moment.

    From the first call for which `lying` is set, it promises syncs and does nothing.
    """

    def __init__(self, held: Image) -> None:
        self._inodes = [_Inode(bytearray(raw)) for raw in held.values()]
        self._names = {name: number for number, name in enumerate(held)}
        self._durable_names = dict(self._names)
        self._pending_names: list[tuple[str, int | None]] = []

    def play(self, op: Op, *, lying: bool = False) -> None:
        """Take one call in."""
        match op.kind:
            case "make":
                self._inodes.append(_Inode(bytearray()))
                self._name(op.name, len(self._inodes) - 1)
            case "remove":
                self._name(op.name, None)
            case "write" | "cut" if op.name in self._names:
                self._inodes[self._names[op.name]].pending.append(op)
            case "sync" if not lying and op.name in self._names:
                self._inodes[self._names[op.name]].sync()
            case "sync_folder" if not lying:
                self._durable_names = dict(self._names)
                self._pending_names.clear()

    def images(self, chance: random.Random, torn_count: int) -> Iterator[Image]:
        """All that was done, only what is durable, and `torn_count` times something in between."""
        yield {name: self._inodes[number].whole() for name, number in self._names.items()}
        if not self._pending_names and not any(each.pending for each in self._inodes):
            return
        yield {
            name: bytes(self._inodes[number].durable)
            for name, number in self._durable_names.items()
        }
        for _ in range(torn_count):
            yield self._torn(chance)

    def _torn(self, chance: random.Random) -> Image:
        sector_bytes, share = chance.choice(SECTORS_BYTES), chance.choice(KEPT_SHARES)
        names = dict(self._durable_names)
        for name, number in self._pending_names:
            if chance.random() < share:
                _rename(names, name, number)
        return {
            name: self._inodes[number].torn(chance, sector_bytes, share)
            for name, number in names.items()
        }

    def _name(self, name: str, number: int | None) -> None:
        _rename(self._names, name, number)
        self._pending_names.append((name, number))


def _rename(names: dict[str, int], name: str, number: int | None) -> None:
    if number is None:
        names.pop(name, None)
    else:
        names[name] = number
