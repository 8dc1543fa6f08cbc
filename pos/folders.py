"""Where a terminal keeps everything it keeps: one folder, and the names in it.

Apart because every command, of the till and of the switch, must agree on it.
"""

import os
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
