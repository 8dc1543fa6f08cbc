"""[fleet] of the settings: who watches over this till from afar.

Apart from the other settings because most tills are watched by nobody but who stands at them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from pos.errors import SettingsError
from pos.sale.merchant import Terminal

# A terminal that can be named in a topic of MQTT, where `/`, `+` and `#` mean something.
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
# What leaves this machine is encrypted.
BROKER = re.compile(
    r"(mqtts://[^/?#@:\s]+(:\d{1,5})?|mqtt://(localhost|127\.0\.0\.1)(:\d{1,5})?)/?", re.ASCII
)


class FleetSection(BaseModel):
    """[fleet]: where this till tells how it is.

    `broker` is an MQTT 5 broker as `mqtts://host:8883`; `mqtt://` without TLS only on this machine.
    `name` is this till's there, its user too; left out, the references of store and terminal.
    `password_file` holds its password, and `public_key` (one line of base64, as `pos fleet key`
    prints it) is whose pushed settings are taken. Paths are relative to the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    broker: Annotated[str, StringConstraints(pattern=f"^({BROKER.pattern})$")]
    ca_file: str = ""
    name: Annotated[str, StringConstraints(pattern=f"^({NAMED.pattern})?$")] = ""
    password_file: str = ""
    public_key: str = ""

    def complete(
        self, parties: Terminal, folder: Path, found: Callable[[str, Path, str], str]
    ) -> "FleetSection":
        """The same with a name and with what `found` makes of its files. Raises SettingsError."""
        changed = {"name": self.name or f"{parties.store.reference}.{parties.reference}"}
        if not NAMED.fullmatch(changed["name"]):
            raise SettingsError(
                f"{changed['name']} cannot name a till in a fleet; give fleet.name another one."
            )
        for key in ("ca_file", "password_file"):
            if given := getattr(self, key):
                changed[key] = found(given, folder, f"fleet.{key}")
        return self.model_copy(update=changed)
