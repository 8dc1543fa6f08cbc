"""A disk in memory under the real journal: it writes down every call, and fails when it is told to.

Apart from the gates, which decide where the power goes or the disk fails. It is a VFS of SQLite,
beneath the product's own journal with its own settings. One thing differs: a VFS written in
Python offers no shared memory, so the journal is opened in exclusive locking mode, in which
SQLite writes and syncs the same bytes in the same order.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import apsw

from pos.journal import Disk

VFS_NAME = "samkassa-proof"
SECTOR_BYTES = 4096
# A database that is opened with this flag has a journal or log whose name is synced with it.
_NEW_JOURNAL = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL
_POWERSAFE_OVERWRITE = 0x1000  # as SQLite's own VFS for Unix says of every disk


class Op(NamedTuple):
    """One call. `kind` is make, remove, write, cut, sync, sync_folder, told, read or open.

    `told` is no call: the journal said that entry `offset`, with the hash `data`, is durable.
    """

    kind: str
    name: str = ""
    offset: int = 0
    data: bytes = b""


class Files:
    """What is on the disk, for whoever reads it; `tape` is how it came there.

    `before` is called with every call, and may raise. Once `dead`, nothing changes any more: the
    process that held the files was killed.
    """

    def __init__(self, held: Mapping[str, bytes] | None = None) -> None:
        self.contents = {name: bytearray(raw) for name, raw in (held or {}).items()}
        self.tape: list[Op] = []
        self.before: Callable[[Op], None] = lambda _op: None
        self.dead = False

    def do(self, op: Op) -> None:
        """Carry out and write down one call that changes something."""
        if self.dead:
            return
        self.before(op)
        self.tape.append(op)
        self.apply(op)

    def look(self, op: Op) -> None:
        """A call that changes nothing, and may fail all the same."""
        if not self.dead:
            self.before(op)

    def apply(self, op: Op) -> None:
        """What the call does to the files."""
        match op.kind:
            case "make":
                self.contents[op.name] = bytearray()
            case "remove":
                self.contents.pop(op.name, None)
            case "write" if op.name in self.contents:
                overwrite(self.contents[op.name], op.offset, op.data)
            case "cut" if op.name in self.contents:
                del self.contents[op.name][op.offset :]


def overwrite(content: bytearray, offset: int, data: bytes) -> None:
    """Put `data` at `offset`, with zeros up to there."""
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


Method = TypeVar("Method", bound=Callable[..., Any])


def _failing(code: int) -> Callable[[Method], Method]:
    """Let SQLite see an error of the system as its own `code`, or as a full disk."""

    def wrapping(method: Method) -> Method:
        @wraps(method)
        def wrapped(*args: Any) -> Any:
            try:
                return method(*args)
            except OSError as fault:
                if fault.errno == errno.ENOSPC:
                    raise apsw.FullError from fault
                failed: Any = apsw.IOError()
                failed.extendedresult = code
                raise failed from fault

        return cast(Method, wrapped)

    return wrapping


class _File:
    """One open file, as SQLite calls it."""

    def __init__(self, files: Files, name: str, *, syncs_folder: bool) -> None:
        self._files = files
        self._name = name
        self._syncs_folder = syncs_folder

    @_failing(apsw.SQLITE_IOERR_READ)
    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._files.look(Op("read", self._name, offset))
        return bytes(self._files.contents.get(self._name, b"")[offset : offset + amount])

    @_failing(apsw.SQLITE_IOERR_WRITE)
    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._files.do(Op("write", self._name, offset, bytes(data)))

    @_failing(apsw.SQLITE_IOERR_TRUNCATE)
    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._files.do(Op("cut", self._name, size))

    @_failing(apsw.SQLITE_IOERR_FSYNC)
    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._files.do(Op("sync", self._name))
        if self._syncs_folder:  # as SQLite's own VFS does, the first time
            self._syncs_folder = False
            self._files.do(Op("sync_folder"))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._files.contents.get(self._name, b""))

    @_failing(apsw.SQLITE_IOERR_LOCK)
    def xLock(self, _level: int) -> None:  # noqa: N802
        self._files.look(Op("lock", self._name))

    def xUnlock(self, _level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return _POWERSAFE_OVERWRITE

    def xFileControl(self, _op: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None:  # noqa: N802
        return


class _Vfs(apsw.VFS):
    """Hands SQLite the files of one disk after the other."""

    files = Files()

    def __init__(self) -> None:
        super().__init__(VFS_NAME, base="unix")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        known, files = Path(path).name, self.files
        try:
            files.look(Op("open", known))
        except OSError as fault:
            raise apsw.CantOpenError from fault
        if known not in files.contents:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError
            files.do(Op("make", known))
        flags[1] = flags[0]
        return _File(files, known, syncs_folder=bool(flags[0] & _NEW_JOURNAL))

    @_failing(apsw.SQLITE_IOERR_DELETE)
    def xDelete(self, path: str, sync: bool) -> None:  # noqa: N802, FBT001
        files, known = self.files, Path(path).name
        if known in files.contents:
            files.do(Op("remove", known))
            if sync:
                files.do(Op("sync_folder"))

    def xAccess(self, path: str, _flags: int) -> bool:  # noqa: N802
        return Path(path).name in self.files.contents


_vfs: _Vfs | None = None


class TapedDisk(Disk):
    """The journal's disk, made of `files`."""

    def __init__(self, files: Files) -> None:
        self.files = files

    @property
    def pragmas(self) -> tuple[str, ...]:  # type: ignore[override]
        """The product's own, after the one that does without shared memory."""
        return ("PRAGMA locking_mode=EXCLUSIVE", *Disk.pragmas)

    def make(self, path: Path) -> None:
        """See Disk."""
        self.files.look(Op("open", path.name))
        if path.name not in self.files.contents:
            self.files.do(Op("make", path.name))

    def lock(self, path: Path) -> int:
        """See Disk. Nobody else is there."""
        self.files.look(Op("lock", path.name))
        return os.open(os.devnull, os.O_RDONLY)

    def connect(self, path: Path) -> apsw.Connection:
        """See Disk."""
        global _vfs
        if _vfs is None:
            _vfs = _Vfs()
        _vfs.files = self.files
        return apsw.Connection(str(path), vfs=VFS_NAME)

    def sync_folder(self, _folder: Path) -> None:
        """See Disk."""
        self.files.do(Op("sync_folder"))

    def free_bytes(self, _folder: Path) -> int:
        """See Disk. There is always room, until a write fails."""
        self.files.look(Op("stat"))
        return 2**40


@contextmanager
def killed(files: Files) -> Iterator[None]:
    """Whatever the process still does to its files inside, is never done."""
    files.dead = True
    try:
        yield
    finally:
        files.dead = False
