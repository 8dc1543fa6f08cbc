"""A copy of the journal from before another release, and the way back to it.

Apart from the writing because the copy is made beside the till, and is only ever put back when
nothing of any worth was written since.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw

from pos.errors import JournalError, JournalUnwritable
from pos.folders import JOURNAL_NAME
from pos.journal.chain import GENESIS, Row, verified
from pos.journal.disk import Disk, locked, plainly, reading

KEPT_FOLDER = "kept"
KEPT_COUNT_MAX = 3
# What a till writes that only starts and stops.
_OF_NO_WORTH = frozenset({"Started", "Stopped"})


def keep(state: Path, name: str) -> tuple[Path, bytes]:
    """Copy the journal in `state` into its folder of kept ones; the copy's path and its head.

    The copy is whole and durable, or an error is raised: JournalError where there is none,
    JournalDamaged for one that is not what was written, JournalUnwritable for a full disk.
    """
    journal, folder = state / JOURNAL_NAME, state / KEPT_FOLDER
    if not journal.exists():
        raise JournalError(f"There is no journal at {journal}; name the folder with --state.")
    folder.mkdir(mode=0o700, exist_ok=True)
    target, fresh = folder / f"{name}.db", folder / f"{name}.new"
    fresh.unlink(missing_ok=True)
    try:
        Disk().make(fresh)
        with closing(reading(journal)) as found, closing(apsw.Connection(str(fresh))) as copy:
            with copy.backup("main", found, "main") as backup:
                backup.step(-1)  # all of it in one reading: what is appended meanwhile is not in it
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, whole by itself
        head = _head(fresh)
        descriptor = os.open(fresh, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(target)
        Disk().sync_folder(folder)
    except (apsw.Error, OSError) as fault:
        raise JournalUnwritable(
            f"The journal cannot be kept in {folder} ({plainly(fault)}); free space there."
        ) from fault
    others = sorted(folder.glob("*.db"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[KEPT_COUNT_MAX:]:
        path.unlink()
    return target, head


def put_back(state: Path, name: str) -> int:
    """Let the kept journal `name` take the place of the one in `state`; how many entries go.

    Only entries of a till that started and stopped may go; for any other it raises JournalError
    and changes nothing. What was there is kept beside it.
    """
    journal, kept = state / JOURNAL_NAME, state / KEPT_FOLDER / name
    descriptor = locked(Disk(), journal.with_suffix(".lock"))
    try:
        before, after = list(_rows(kept)), list(_rows(journal))
        since = after[len(before) :]
        if [row.hash for row in before] != [row.hash for row in after[: len(before)]]:
            raise JournalError(f"{kept} is the copy of another journal; nothing was changed.")
        if any(row.kind not in _OF_NO_WORTH for row in since):
            raise JournalError(
                "Sales were written since the journal was kept, so it stays as it is; run the "
                "release that wrote them."
            )
        shutil.copy(journal, kept.with_suffix(".left"))
        fresh = journal.with_suffix(".new")
        shutil.copy(kept, fresh)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for rest in ("-wal", "-shm"):
            journal.with_name(journal.name + rest).unlink(missing_ok=True)
        fresh.replace(journal)
        Disk().sync_folder(state)
    except (apsw.Error, OSError) as fault:
        raise JournalUnwritable(
            f"The kept journal cannot be put back ({plainly(fault)}); check the disk."
        ) from fault
    finally:
        os.close(descriptor)
    return len(since)


def _rows(path: Path) -> Iterator[Row]:
    if not path.exists():
        raise JournalError(f"There is no journal at {path}.")
    with closing(reading(path)) as connection:
        yield from verified(connection)


def _head(path: Path) -> bytes:
    head = GENESIS
    for row in _rows(path):
        head = row.hash
    return head
