"""What enrolment leaves on the disk: keys for this user only, and terminal.toml, never half.

Apart from config, which only reads, and from the wire, which knows no disk. A new key is on the
disk before the switch hears of it, and the settings name it only after the switch said yes; so a
till that dies in between carries on with the same command.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pos.config import load
from pos.errors import SettingsError
from pos.folders import write_private
from pos.switch.enrolling import Enrolled
from pos.switch.signature import load_private_key, new_private_key, public_key_line

NEXT_KEY_NAME = "till-next.pem"

# terminal.toml's section and key for each field of an assignment.
_PLACES = {
    "reference_merchant_id": ("merchant", "reference"),
    "merchant_name": ("merchant", "name"),
    "merchant_mcc": ("merchant", "mcc"),
    "org_number": ("merchant", "org_number"),
    "reference_store_id": ("store", "reference"),
    "store_name": ("store", "name"),
    "store_address": ("store", "address"),
    "store_terminal_id": ("terminal", "reference"),
    "currency": ("terminal", "currency"),
    "language": ("terminal", "language"),
}


def next_key(state: Path) -> RSAPrivateKey:
    """The key that the till is about to use; made on this device when there is none yet."""
    path = state / NEXT_KEY_NAME
    if not path.exists():
        write_private(path, new_private_key())
    return load_private_key(path.read_bytes())


def keep_next_key(state: Path, key: RSAPrivateKey) -> Path:
    """Give the next key a name of its own beside the earlier keys, which all stay."""
    digest = hashlib.sha256(public_key_line(key).encode()).hexdigest()[:16]
    path = state / f"till-{digest}.pem"
    if not path.exists():
        write_private(path, (state / NEXT_KEY_NAME).read_bytes())
    return path


def forget_next_key(state: Path) -> None:
    """The next key is the present one now, under its own name."""
    (state / NEXT_KEY_NAME).unlink(missing_ok=True)


def write_enrolled(
    path: Path, url: str, enrolled: Enrolled, key: Path, ca_file: str = ""
) -> dict[str, dict[str, str]]:
    """Write terminal.toml at `path`; of an existing one all that enrolment does not say stays."""
    said = enrolled.assignment.model_dump(exclude_none=True)
    sections: dict[str, dict[str, str]] = {}
    if "merchant_name" in said:
        # Of one merchant nothing may be left over from another, nor from the built-in ones.
        for section in ("merchant", "store"):
            sections[section] = {"reference": enrolled.client_id}
        sections["merchant"]["org_number"] = sections["store"]["address"] = ""
    for field, (section, name) in _PLACES.items():
        if field in said:
            sections.setdefault(section, {})[name] = said[field]
    sections["switch"] = {
        "url": url,
        "client_id": enrolled.client_id,
        "key": _named(key, path.parent),
        "key_version": enrolled.key_version,
        "public_key": enrolled.switch_public_key,
        "ca_file": str(Path(ca_file).absolute()) if ca_file else "",
    }
    rewrite(path, sections)
    return sections


def write_rotated(path: Path, key: Path, key_version: str) -> None:
    """Let terminal.toml name another key of the same caller."""
    rewrite(path, {"switch": {"key": _named(key, path.parent), "key_version": key_version}})


def rewrite(path: Path, sections: Mapping[str, Mapping[str, str | float]]) -> None:
    """Set these keys in the settings file at `path`, whole or not at all; all others stay, and
    the comments too. Raises SettingsError, and changes nothing, when they would not be good.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document: Any = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, TOMLKitError):
        raise SettingsError(f"{path} cannot be read; correct it or move it away.") from None
    for section, values in sections.items():
        table = document.setdefault(section, tomlkit.table())
        for name, value in values.items():
            table[name] = value
    draft = path.with_name(f".{path.name}.draft")
    try:
        write_private(draft, tomlkit.dumps(document).encode())
        load(draft)
        write_private(path, draft.read_bytes())
    finally:
        draft.unlink(missing_ok=True)


def _named(key: Path, folder: Path) -> str:
    """The key file as settings in `folder` name it."""
    return key.name if key.parent == folder else str(key)
