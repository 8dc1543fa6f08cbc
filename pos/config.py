"""terminal.toml to frozen settings; every fault is named with its key, before anything is sold.

Apart so that nothing else reads files or environment to learn how it is set up. Without a file
the built-in settings make a till of its own: a demo shop that sells through an embedded switch.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pos.errors import AmountError, SettingsError
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.money import exponent

FILE_NAME = "terminal.toml"
LENT_KEYS = "keys"  # as the units name the folder of keys among their credentials

# A terminal whose payments by the static code can be named on the wire.
CODED = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MerchantSection(_Section):
    """[merchant]: who sells. `mcc` is the ISO 18245 category, four digits."""

    reference: Name = "M-0001"
    name: Name = "Fjord Kafe"
    mcc: Annotated[str, StringConstraints(pattern=r"^\d{4}$")] = "5814"
    org_number: str = ""


class StoreSection(_Section):
    """[store]: where."""

    reference: Name = "OSL-1"
    name: Name = "Fjord Kafe Oslo S"
    address: str = "Jernbanetorget 1, 0154 Oslo"


class TerminalSection(_Section):
    """[terminal]: this device. `currency` is ISO 4217, `language` one of the six catalogues.

    `static_code` is whether the till shows what is paid by its static code.
    """

    reference: Name = "T01"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "NOK"
    language: Literal["en", "nb", "fi", "sv", "da", "zh"] = "en"
    static_code: bool = False


class SwitchSection(_Section):
    """[switch]: whose switch this till pays into; left out, the till runs one of its own.

    `key` is the till's private key file and `key_version` what the switch knows it by,
    `public_key` the switch's own key as one line of base64. `pos enrol` writes all of these.
    Paths are relative to the file.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+/?$")]
    client_id: Name
    key: str
    key_version: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,5}$")] = "1"
    public_key: str
    ca_file: str = ""


class DevicesSection(_Section):
    """[devices]: as `hardware.bench` spells them; `none` where there is none."""

    camera: str = "auto"
    indicator: str = "none"
    printer: str = "none"


class Settings(_Section):
    """All of terminal.toml."""

    merchant: MerchantSection = MerchantSection()
    store: StoreSection = StoreSection()
    terminal: TerminalSection = TerminalSection()
    switch: SwitchSection | None = None
    devices: DevicesSection = DevicesSection()

    def parties(self) -> Terminal:
        """Merchant, store and terminal as every payment carries them."""
        merchant = Merchant(**self.merchant.model_dump())
        store = Store(**self.store.model_dump())
        return Terminal(self.terminal.reference, merchant, store, self.terminal.currency)


def find(
    option: str | None, state: Path, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """The settings file: `--config`, or POS_CONFIG, or terminal.toml in the state folder.

    None when there is none at all; SettingsError when one was named that is not there.
    """
    named = option or environment.get("POS_CONFIG", "")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"There is no settings file {named}; name another with --config.")
        return Path(named)
    usual = state / FILE_NAME
    return usual if usual.is_file() else None


def load(path: Path | None) -> Settings:
    """The settings in `path`, or the built-in ones. Raises SettingsError naming the key."""
    if path is None:
        return Settings()
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{path} cannot be read; check that it is a text file.") from fault
    except tomllib.TOMLDecodeError as fault:
        raise SettingsError(f"{path} is not TOML: {fault}.") from None
    try:
        settings = Settings.model_validate(fields)
        exponent(settings.terminal.currency)
    except ValidationError as fault:
        raise SettingsError(f"{path}: {_plainly(fault)}") from None
    except AmountError as fault:
        raise SettingsError(f"{path}: the key terminal.currency is wrong: {fault}") from None
    if settings.terminal.static_code and not CODED.fullmatch(settings.terminal.reference):
        raise SettingsError(
            f"{path}: a till with a static code needs a terminal.reference of 1 to 32 letters, "
            "digits, hyphens or underscores; correct it, or remove terminal.static_code."
        )
    if settings.switch is None:
        return settings
    return settings.model_copy(update={"switch": _rooted(settings.switch, path.parent)})


def _rooted(switch: SwitchSection, folder: Path) -> SwitchSection:
    """The same with its paths made absolute, and the key file surely there.

    A service gets its key lent by systemd (LoadCredential=), under the name of the file.
    """
    key = folder / switch.key
    lent = Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / f"{LENT_KEYS}_{key.name}"
    if lent.is_absolute() and lent.is_file():
        key = lent
    if not key.is_file():
        raise SettingsError(f"switch.key names {key}, which is not there; make it or correct it.")
    ca_file = str(folder / switch.ca_file) if switch.ca_file else ""
    return switch.model_copy(update={"key": str(key), "ca_file": ca_file})


def _plainly(fault: ValidationError) -> str:
    """The first fault as a sentence; the value itself may be a secret."""
    first = fault.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"the key {key} is not known; remove it or correct its spelling."
    if first["type"] == "missing":
        return f"the key {key} is missing; add it."
    return f"the key {key} is wrong: {first['msg'].lower()}."
