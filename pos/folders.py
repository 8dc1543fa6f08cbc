"""Where a terminal keeps everything it keeps: one folder, and the names in it.

Apart because every command, of the till and of the switch, must agree on it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos.errors import SettingsError

JOURNAL_NAME = "journal.db"
TILL_KEY_NAME = "till.pem"
SWITCH_FOLDER_NAME = "switch"
SWITCH_PUBLIC_KEY_NAME = "switch.pub"
SWITCH_PUBLIC_URL_NAME = "public-url"


def state_folder(option: str | None) -> Path:
    """The folder of `--state`, or POS_STATE, or `samkassa` in the XDG state folder; made if new.

    Raises SettingsError when it cannot be made.
    """
    named = option or os.environ.get("POS_STATE", "")
    if named:
        folder = Path(named).expanduser()
    else:
        home = os.environ.get("XDG_STATE_HOME", "") or Path.home() / ".local" / "state"
        folder = Path(home) / "samkassa"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise SettingsError(
            f"The folder {folder} cannot be made ({fault.strerror}); name another with --state."
        ) from fault
    return folder.absolute()


@contextmanager
def socket_name(path: Path) -> Iterator[str]:
    """A name for `path` that fits a socket address, however deep the folder lies."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def write_private(path: Path, content: bytes) -> None:
    """Write `content` where only this user can read it, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    # The name is durable only with its folder.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
